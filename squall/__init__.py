"""squall: proves that a system keeps the promises of its runbook."""

__version__ = "0.1.0"
