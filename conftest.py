"""Loads the sentences of ``steps/``; squall brings its own. Nothing else stands here."""

pytest_plugins: tuple[str, ...] = ()
