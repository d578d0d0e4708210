#!/usr/bin/env bash
# Measures the server on SQLite and on MariaDB with Redis, with a thousand and a
# million people, and writes docs/performance.md. It takes about a quarter of an
# hour, and needs 3 GB of disk and an otherwise idle machine. Flags go to the rig:
#
#   scripts/bench.sh -sizes 1000 -duration 1s -markdown ""    # a quick look
set -euo pipefail
cd "$(dirname "$0")/.."

for program in mariadbd mariadb-install-db redis-server; do
  command -v "$program" >/dev/null || { echo "bench: $program is not installed (apt install mariadb-server redis-server)" >&2; exit 1; }
done
exec go run ./bench -markdown docs/performance.md "$@"
