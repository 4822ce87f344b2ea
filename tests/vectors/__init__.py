"""Whole runs whose verdict is known beforehand, and which known tool judges each of them wrong."""
