"""Loads the sentences of steps/. Nothing else has to be here."""

pytest_plugins = ("steps.days",)
