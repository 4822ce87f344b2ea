"""The agent's proxy: is in front of a target, in its network namespace, and does to its answers what it is ordered to.

A process of its own that dies with the agent. Standard library only.
"""
