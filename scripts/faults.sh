#!/usr/bin/env bash
# Puts three replicas under load through every fault that docs/reliability.md
# lists, and checks what clients saw against the invariants there.
#
#   scripts/faults.sh            # everything; writes the table in docs/reliability.md. About an hour
#   scripts/faults.sh --short    # as much as fits into ten minutes; CI runs a part
#   scripts/faults.sh -run TestOneRedis/…   # further arguments go to go test
#
# It starts MariaDB, Redis and haproxy itself, on free ports. GATEHOUSE_PREVIOUS names
# a binary of the previous version, to run beside this one.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/usr/local/sbin

for program in mariadbd redis-server redis-cli haproxy; do
	command -v "$program" >/dev/null || { echo "faults: $program is not installed (apt install mariadb-server redis-server redis-tools haproxy)" >&2; exit 1; }
done
# The test holds ten thousand connections, at both ends.
ulimit -n "$(ulimit -Hn)"

export CGO_ENABLED=1 # the race detector's
race=(-race -gcflags=modernc.org/...=-d=checkptr=0) # as scripts/check.sh has it
if [ "${1:-}" = --short ]; then
	shift
	export GATEHOUSE_FAULTS=short
	exec go test "${race[@]}" -count=1 -timeout 20m -v ./test/faults "$@"
fi
export GATEHOUSE_FAULTS=full
exec go test "${race[@]}" -count=1 -timeout 3h -v ./test/faults -reliability "$PWD/docs/reliability.md" "$@"
