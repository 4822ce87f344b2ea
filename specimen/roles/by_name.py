"""Which role an instance has, by its settings. A role's module is imported only where it is played."""

from importlib import import_module

from specimen.metrics import RequestMetrics
from specimen.roles.role import Role
from specimen.settings import Settings

__all__ = ["role"]


def role(settings: Settings, metrics: RequestMetrics) -> Role:
    """Return the role that the settings name."""
    module = import_module(f"specimen.roles.{settings.role}")
    made = getattr(module, settings.role.capitalize())
    found: Role = made(settings, metrics)
    return found
