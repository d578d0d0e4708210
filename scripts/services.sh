#!/bin/sh
# Starts MariaDB and Redis for a test run, from the installed binaries, on free
# ports and in a temporary folder, and stops them when the command is done:
#
#     scripts/services.sh run -- go test ./...
#
# The command finds them in GATEHOUSE_TEST_MYSQL and GATEHOUSE_TEST_REDIS. Where a
# binary is missing, those tests are skipped; with CI=true that is an error.
set -eu

usage() {
	echo "usage: $0 run -- COMMAND [ARGUMENT...]" >&2
	exit 2
}

[ "${1:-}" = run ] && [ "${2:-}" = -- ] && [ $# -ge 3 ] || usage
shift 2

PATH=$PATH:/usr/sbin:/usr/local/sbin

# missing NAME WHAT: whether a binary is missing; it reports one that is.
missing() {
	command -v "$1" >/dev/null 2>&1 && return 1
	if [ "${CI:-}" = true ]; then
		echo "services: $1 is not installed, and in CI nothing may be skipped" >&2
		exit 1
	fi
	echo "services: $1 is not installed: the tests on $2 will be skipped" >&2
}

# In memory where possible, because the tests wait for every flush.
folder=$(mktemp -d /dev/shm/gatehouse-services-XXXXXX 2>/dev/null || mktemp -d)
pids=

stop() {
	trap - EXIT INT TERM
	for pid in $pids; do kill "$pid" 2>/dev/null || true; done
	for pid in $pids; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME ANSWERS COMMAND...: runs a server on one random port after another until
# one is free, and returns when the server answers. $port in the command is the port.
start() {
	name=$1 answers=$2
	shift 2
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + ($(od -An -N2 -tu2 /dev/urandom) % 12000)))
		export port
		sh -c 'exec '"$*" >"$folder/$name.log" 2>&1 &
		pid=$!
		for tick in $(seq 300); do
			if sh -c "$answers" >/dev/null 2>&1 && kill -0 "$pid" 2>/dev/null; then
				pids="$pids $pid"
				return
			fi
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.05
		done
		kill "$pid" 2>/dev/null || true
	done
	echo "services: $name does not start:" >&2
	tail -20 "$folder/$name.log" >&2
	exit 1
}

mariadb() {
	# mariadbd does not run as root unless it is told to. A starting server removes
	# the temporary tables of others, so each has a folder of its own.
	user=
	[ "$(id -u)" -ne 0 ] || user=--user=root
	options="--no-defaults $user --datadir=$folder/mysql --tmpdir=$folder --innodb-log-file-size=8M"
	mariadb-install-db $options --auth-root-authentication-method=normal --skip-test-db >"$folder/install.log" 2>&1 || {
		cat "$folder/install.log" >&2
		exit 1
	}
	cat >"$folder/init.sql" <<-'SQL'
		CREATE USER IF NOT EXISTS gatehouse@'127.0.0.1' IDENTIFIED BY 'gatehouse';
		GRANT ALL PRIVILEGES ON `gatehouse\_%`.* TO gatehouse@'127.0.0.1';
	SQL
	start mariadbd "mariadb-admin --no-defaults -h127.0.0.1 -P\$port -ugatehouse -pgatehouse ping" \
		mariadbd $options --port='$port' --bind-address=127.0.0.1 --skip-networking=0 --skip-name-resolve \
		--socket="$folder/mysql.sock" --pid-file="$folder/mysql.pid" --init-file="$folder/init.sql" \
		--character-set-server=utf8mb4 --collation-server=utf8mb4_bin --skip-log-bin --max-connections=500 \
		--innodb-buffer-pool-size=128M --performance-schema=OFF
	export GATEHOUSE_TEST_MYSQL="mysql://gatehouse:gatehouse@127.0.0.1:$port"
}

redis() {
	mkdir "$folder/redis"
	# As Gatehouse needs it: with an append-only file, and without eviction. Every
	# test has a database of its own.
	start redis-server "redis-cli -h 127.0.0.1 -p \$port ping | grep -q PONG" \
		redis-server --port '$port' --bind 127.0.0.1 --dir "$folder/redis" --save "''" \
		--appendonly yes --maxmemory-policy noeviction --databases 512
	export GATEHOUSE_TEST_REDIS="redis://127.0.0.1:$port"
}

missing mariadbd MariaDB || missing mariadb-install-db MariaDB || mariadb
missing redis-server Redis || redis

# Not exec: the servers must be stopped afterwards.
"$@"
