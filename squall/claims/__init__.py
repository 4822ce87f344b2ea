"""What scenarios promise. One claim a file; ``claims.registry`` finds them."""
