"""Sentences that only your systems need; conftest.py loads them. squall brings its own (squall list sentences)."""
