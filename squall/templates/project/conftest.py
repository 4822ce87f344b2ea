"""Loads the sentences of steps/. Nothing else has to stand here."""

pytest_plugins = ("steps.days",)
