"""Sentences that harm, one file for each kind of target. Exactly one of them stands in a scenario."""
