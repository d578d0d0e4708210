#!/bin/sh
# Builds the server as one static file: scripts/build.sh FILE [plain]
# It makes RSA signatures by OpenSSL, for which it needs a C compiler, pkg-config and
# libssl-dev (on Debian), or by crypto/rsa alone if told to be plain. VERSION is what
# `gatehouse version` says.
set -eu
cd "$(dirname "$0")/.."
file=$1
names="-X main.version=${VERSION:-dev}"
case "${2:-openssl}" in
plain)
	CGO_ENABLED=0 exec go build -trimpath -ldflags "-s -w $names" -o "$file" ./cmd/gatehouse
	;;
openssl)
	# netgo and osusergo: what the C library has for names and users wants shared objects at
	# run time. OpenSSL's own use of them, of which the linker would warn, is never reached.
	CGO_ENABLED=1 exec go build -trimpath -tags openssl,netgo,osusergo \
		-ldflags "-s -w $names -linkmode external -extldflags '-static -Wl,--no-warnings'" -o "$file" ./cmd/gatehouse
	;;
*)
	echo "usage: scripts/build.sh FILE [plain]" >&2
	exit 2
	;;
esac
