# Nothing but the binary and the certificates that it may be shown. The time zone
# database is in the binary. Built by a release (.goreleaser.yaml), which lays out
# one folder a platform.
FROM scratch
ARG TARGETPLATFORM
COPY release/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY $TARGETPLATFORM/parallax /usr/bin/parallax
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/bin/parallax"]
