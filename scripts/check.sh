#!/usr/bin/env bash
# Checks everything that must hold before a commit lands. Anything that this does not
# run is not tested. It starts MariaDB and Redis itself, from the installed binaries.
set -euo pipefail
cd "$(dirname "$0")/.."

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
step "tests, with the race detector, on SQLite, MariaDB and Redis"
# SQLite is C translated to Go, full of pointers: checking each of them doubles the
# time of the tests, and tests code that is not ours.
scripts/services.sh run -- go test -race -gcflags=modernc.org/...=-d=checkptr=0 -shuffle=on -timeout 15m ./... "$@"
step "the files that operators deploy"
go vet -C deploy ./... && go -C deploy mod tidy -diff && go -C deploy test ./...
step "faults under load, the short form"
scripts/faults.sh --short
step "a static binary"
CGO_ENABLED=0 go build -trimpath -o /dev/null ./cmd/gatehouse
printf '\nall checks passed\n'
