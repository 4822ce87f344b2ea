"""The commands of ``squall``: one module each, each with its ``command``, found by ``squall.cli``."""
