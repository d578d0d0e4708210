// Package faults holds the rig that proves what docs/reliability.md says: three
// replicas behind a balancer, on real MariaDB and Redis, under a steady load of
// every grant and of changes of accounts, while the parts are killed, paused,
// emptied, cut off and flooded.
//
// The load (app_test.go and its neighbours) is made of honest clients. Each notes
// every request and its answer in one history; the judge (judge_test.go) reads it
// afterwards and holds it against the invariants: nothing acknowledged is lost,
// nothing revoked comes back, a fault of ours is never told as one of the caller's.
//
// It takes minutes and a machine to itself, so it runs only where GATEHOUSE_FAULTS
// says "short" or "whole": scripts/faults.sh does.
package faults
