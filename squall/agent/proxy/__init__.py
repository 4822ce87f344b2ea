"""The agent's proxy: stands in front of a target, in its network namespace, and does to its answers what it is told.

A process of its own that dies with the agent. Standard library only.
"""
