# A static binary in an empty image, run by an unprivileged user.
FROM golang:1.26 AS build
# What makes RSA signatures: openssl, or plain for crypto/rsa alone. Debian's static OpenSSL
# refers to the two compressors.
ARG SIGNER=openssl
RUN [ "$SIGNER" = plain ] || { apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends libssl-dev libzstd-dev zlib1g-dev pkg-config && rm -rf /var/lib/apt/lists/*; }
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN VERSION="$VERSION" scripts/build.sh /gatehouse "$SIGNER" && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /gatehouse /gatehouse
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
ENV GATEHOUSE_ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=1m CMD ["/gatehouse", "healthcheck"]
ENTRYPOINT ["/gatehouse"]
CMD ["serve"]
