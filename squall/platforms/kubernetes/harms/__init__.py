"""Harms to objects of a cluster, one file each. What they share is in ``ground`` and ``field_harm``."""
