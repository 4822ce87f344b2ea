"""What ``squall`` can be told to do: one module a command, each with its ``command``, found by ``squall.cli``."""
