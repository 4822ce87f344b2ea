"""Harms that only kind can do, one file each: to the containers that its nodes are."""
