#!/usr/bin/env bash
# Checks everything that must hold before a commit lands. Anything that this does not
# run is not tested. It starts MariaDB and Redis itself, from the installed binaries.
set -euo pipefail
cd "$(dirname "$0")/.."

# One way to build all but what runs under the race detector, so that nothing is compiled twice.
# The tags change nothing without cgo, and with it (scripts/build.sh) keep the C library out.
export CGO_ENABLED=0 GOFLAGS="-trimpath -tags=netgo,osusergo"

step() { printf '\n== %s\n' "$*"; }

step "modules are tidy"
go mod tidy -diff
step "formatting"
test -z "$(gofmt -l $(git ls-files '*.go'))" || { gofmt -l $(git ls-files '*.go'); exit 1; }
step "vet"
go vet ./...
step "lint"
go tool -modfile=tools/go.mod golangci-lint run ./...
go run ./internal/test/messages
step "generated documentation is current"
go generate ./config ./handlers/operators
git diff --exit-code -- docs/configuration.md handlers/operators/openapi.json
step "the generated assembler is current"
go vet -C internal/password/argon2/gen ./... && go -C internal/password/argon2/gen mod tidy -diff
go generate ./internal/password/argon2
git diff --exit-code -- internal/password/argon2
go vet -tags purego ./internal/password/argon2
step "a static binary"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
go build -o "$built/gatehouse" ./cmd/gatehouse
export GATEHOUSE_TEST_SQLITE="$built/empty.db" # most tests begin with a copy of it
GATEHOUSE_DATABASE="sqlite:$GATEHOUSE_TEST_SQLITE" "$built/gatehouse" migrate up
step "signatures by OpenSSL, and a static binary that has it"
signs=(./keys/openssl ./keys ./config ./internal/doctor)
CGO_ENABLED=1 go vet -tags openssl,netgo,osusergo "${signs[@]}"
CGO_ENABLED=1 go test -race -tags openssl,netgo,osusergo ./keys/openssl
CGO_ENABLED=1 go test -tags openssl,netgo,osusergo -run 'OpenSSL|Implementation|Signs|Forged' "${signs[@]}"
scripts/build.sh "$built/openssl"
if readelf -l "$built/openssl" | grep INTERP; then exit 1; fi # it would need a loader
GATEHOUSE_SIGNER=openssl GATEHOUSE_DATABASE="sqlite:$built/none.db" "$built/openssl" doctor | grep '^OK *signer *OpenSSL'
"$built/openssl" version | grep OpenSSL
step "tests, with the race detector, on SQLite, MariaDB and Redis"
# Not the load rig, what has nothing that runs at once, and what starts processes of its own:
# those follow without it, and what they call at once is tested under it in the packages.
plain='/bench$|/web$|/test/(interop|pages|system)$|/cmd/gatehouse$|/internal/stolen$'
# SQLite is C translated to Go, full of pointers: checking each of them doubles the
# time of the tests, and tests code that is not ours.
race() { CGO_ENABLED=1 scripts/services.sh run -- go test -p 3 -race -gcflags=modernc.org/...=-d=checkptr=0 -shuffle=on -timeout 15m "$@"; }
# The one that takes longest begins, so that none is left to run alone.
race ./store/sqlstore $(go list ./... | grep -Ev "$plain") "$@"
race -run 'Outlives|Once' ./cmd/gatehouse
step "the whole of it: the command, client libraries, a browser, several processes"
GATEHOUSE_TEST_BINARY="$built/gatehouse" scripts/services.sh run -- go test -p 3 -shuffle=on -timeout 15m -skip '^TestNothingOutlivesItsEnd$' ./test/pages $(go list ./... | grep -E "$plain")
step "FIPS 140-3: the same sign-ins with the validated module, and with the one in process"
for module in v1.0.0 v1.26.0; do
  GOFIPS140=$module go build -o "$built/$module" ./cmd/gatehouse
  "$built/$module" version | grep -F " FIPS 140-3 module $module"
  GATEHOUSE_TEST_BINARY="$built/$module" go test -run '^TestFIPS140$/^SQLite$' ./test/system
done
step "the files that operators deploy"
go vet -C deploy ./... && go -C deploy mod tidy -diff && go -C deploy test ./...
step "the snippets that are modules of their own"
go vet -C docs/snippets/apis/go ./... && go -C docs/snippets/apis/go mod tidy -diff
go vet -C bench/peers/go ./... && go -C bench/peers/go mod tidy -diff
step "the MCP server of the tests"
# It has the snippets of docs/apis.md as two files of its own (overlay.json).
go vet -C test/interop/mcp -overlay overlay.json ./... && go -C test/interop/mcp mod tidy -overlay overlay.json -diff
# The scenarios themselves take ten minutes at least, for which a check that is to end within
# 25 has no room: before a release, run scripts/faults.sh --short, or without --short.
step "the judge of the faults under load"
scripts/faults.sh --short -run '^TestJudge$'
printf '\nall checks passed\n'
