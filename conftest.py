"""Loads the sentences of ``steps/``; squall brings its own. Nothing else is here."""

pytest_plugins: tuple[str, ...] = ()
