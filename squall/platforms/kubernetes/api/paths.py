"""Where things are in the Kubernetes API."""

NODES, NAMESPACES = "/api/v1/nodes", "/api/v1/namespaces"
_GROUPS = {
    "deployment": "/apis/apps/v1",
    "statefulset": "/apis/apps/v1",
    "daemonset": "/apis/apps/v1",
    "replicaset": "/apis/apps/v1",
    "endpointslice": "/apis/discovery.k8s.io/v1",
    "lease": "/apis/coordination.k8s.io/v1",
    "horizontalpodautoscaler": "/apis/autoscaling/v2",
}


def within(namespace: str, kind: str, name: str = "") -> str:
    """Return the path of a kind's objects in a namespace, or of one of them; ``kind`` is singular, in lower case."""
    group = _GROUPS.get(kind, "/api/v1")
    return f"{group}/namespaces/{namespace}/{kind}s" + (f"/{name}" if name else "")


def proxied(namespace: str, pod: str, port: int | None, path: str) -> str:
    """Return the path by which the API server asks a pod; without a port at the first that its containers name."""
    return f"{within(namespace, 'pod', pod)}{f':{port}' if port else ''}/proxy{path}"


def namespace(name: str) -> str:
    """Return the path of a namespace itself."""
    return f"/api/v1/namespaces/{name}"
