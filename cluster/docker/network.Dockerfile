# The tools that kube-proxy and the route keeper call.
ARG DEBIAN=debian:bookworm-slim
FROM ${DEBIAN}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends conntrack ebtables ethtool iproute2 ipset iptables kmod nftables \
    && rm -rf /var/lib/apt/lists/*
