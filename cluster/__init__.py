"""A local Kubernetes cluster to fault. It must not import squall, nor anything outside the standard library."""
