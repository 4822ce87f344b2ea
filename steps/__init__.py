"""Sentences that only the five systems need. A sentence that others could use stands in ``squall.steps``."""
