"""Kills the harness at every journalled step of a run and looks at what is left. ``python -m tests.crash`` does all."""
