"""Harms to objects of a cluster, one file each. What they share is in ``context``, ``registry`` and ``field_harm``."""
