#!/usr/bin/env bash
# Measures Gatehouse beside servers of other makers, in one run, and writes docs/peers.md.
# It takes about a quarter of an hour on an otherwise idle machine. Flags go to the rig:
#
#   scripts/peers.sh -duration 1s -peer-warm-up 2s -markdown ""    # a quick look
#
# It needs npm with Node.js 22 or newer, and for Keycloak Maven and Java 21 or newer
# (JAVA_HOME). What is missing is left out, and the page says so. It fetches what is measured
# from the package registries; Keycloak (0.3 GB) stays in PEERS_CACHE.
set -euo pipefail
cd "$(dirname "$0")/.."

keycloak=26.7.0
cache=${PEERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-peers}
home=$cache/keycloak-$keycloak
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT

# Unpacked elsewhere first: a half of it is never taken for the whole.
fetch_keycloak() {
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact=org.keycloak:keycloak-quarkus-dist:$keycloak:tar.gz -DoutputDirectory="$built/keycloak"
  "$built/keycloak/keycloak-$keycloak/bin/kc.sh" build --db=dev-mem --cache=local
  mkdir -p "$cache" && mv "$built/keycloak/keycloak-$keycloak" "$home"
}

if command -v npm >/dev/null; then npm ci --prefix bench/peers/node --no-audit --no-fund; fi
if [ ! -d "$home" ] && command -v mvn >/dev/null; then fetch_keycloak; fi

flags=(-peers bench/peers -on sqlite -sizes 1000 -connections 16 -duration 6s -markdown docs/peers.md)
if [ -d "$home" ]; then flags+=(-keycloak "$home"); fi
if scripts/build.sh "$built/openssl"; then flags+=(-ours "Gatehouse, OpenSSL=$built/openssl"); fi

go run ./bench "${flags[@]}" "$@"
