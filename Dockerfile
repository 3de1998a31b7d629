# Nothing but the binary and the certificates that it may be shown. The time zone
# database is in the binary. Built by a release (.goreleaser.yaml), which lays out
# one folder a platform.
FROM scratch
ARG TARGETPLATFORM
COPY release/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY $TARGETPLATFORM/parallax /usr/bin/parallax
USER 65532:65532
# The one folder, for a volume that this user may write to. There is no /tmp: what
# does not fit into memory goes there, too.
WORKDIR /data
ENV TMPDIR=/data
ENTRYPOINT ["/usr/bin/parallax"]
