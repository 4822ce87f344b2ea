"""The pinned versions, in one place. Nothing here is computed."""

CLUSTER = "squall"
CONTEXT = f"kind-{CLUSTER}"
NAMESPACE = "squall"

KIND = "v0.33.0"
# The image that kind's release notes name for this kind; only the digest makes it the one built for it.
NODE_IMAGE = "kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0"
PYTHON_IMAGE = "python:3.11-slim-bookworm"

# What a node image built here is made of.
KUBERNETES = "v1.35.4"
ETCD = "v3.6.16"
COREDNS = "v1.14.7"
CONTAINERD = "v2.3.4"
CNI_PLUGINS = "v1.9.1"
LOCAL_PATH = "v0.0.30"
METRICS_SERVER = "v0.9.0"
DEBIAN = "bookworm"

# Docker Compose, for the platform compose; not a part of the cluster.
COMPOSE = "v2.40.3"
# Alertmanager, in which tests have alerts silenced; not a part of the cluster either.
ALERTMANAGER = "v0.28.1"
ACTIONLINT = "v1.7.12"
