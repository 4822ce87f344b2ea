"""Sentences that harm, one file for each kind of target. A scenario has exactly one of them."""
