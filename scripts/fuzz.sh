#!/usr/bin/env bash
# Looks for inputs that break a parser: runs every fuzz target, one after another,
# each for DURATION (30s by default). An input that a run finds stays as a seed under
# testdata/fuzz, to be committed with the fix; plain "go test" runs all seeds.
#
#   scripts/fuzz.sh [DURATION]
set -euo pipefail
cd "$(dirname "$0")/.."
duration=${1:-30s}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
ran=0
found=()

# fuzz PACKAGE NAME runs one target. Before Go 1.27 the end of the time itself is now and
# then reported as a failure on a busy machine (golang/go#75804); such a run, which wrote
# no input down, is repeated.
fuzz() {
	for _ in 1 2 3; do
		if go test "$1" -run '^$' -fuzz "^$2\$" -fuzztime "$duration" >"$log" 2>&1; then
			return 0
		fi
		grep -qx '    context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log" || return 1
	done
	return 1
}

while IFS=: read -r file declaration; do
	package=$(dirname "$file")
	name=${declaration#func }
	printf '%s %s\n' "$package" "$name"
	if fuzz "$package" "$name"; then
		grep '^fuzz: elapsed' "$log" | tail -n 1
	else
		cat "$log"
		found+=("$package $name")
	fi
	ran=$((ran + 1))
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort)

if [ ${#found[@]} -gt 0 ]; then
	printf '\n%d targets, %s each; broken:\n' "$ran" "$duration"
	printf '  %s\n' "${found[@]}"
	exit 1
fi
printf '\n%d targets, %s each: nothing found\n' "$ran" "$duration"
