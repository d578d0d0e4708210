// Package faults holds the rig that proves the claims of docs/reliability.md: three
// replicas behind a balancer, on real MariaDB and Redis, under a steady load of
// every grant and of account changes, while the parts are killed, paused, emptied,
// cut off and flooded.
//
// The load (actors_test.go) consists of honest clients. Each records every request
// and its answer in one history. The judge (judge_test.go) reads it afterwards and
// checks it against the invariants: nothing acknowledged is lost, nothing revoked
// comes back, and the caller is never blamed for a fault of ours.
//
// It takes minutes and a machine to itself, so it runs only if GATEHOUSE_FAULTS is
// "short" or "full", as scripts/faults.sh sets it.
package faults
