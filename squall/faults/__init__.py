"""What scenarios do to a system. One fault a file."""
