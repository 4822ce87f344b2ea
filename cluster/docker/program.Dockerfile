# An image that holds one static program. The base has tools only for those that call some.
ARG BASE=scratch
FROM ${BASE}
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY files/ /
