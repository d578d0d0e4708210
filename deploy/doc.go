// Package deploy checks the files beside it, which say how Gatehouse is run: for
// Kubernetes, systemd, HAProxy, Prometheus and Compose. They are samples, and a
// sample that does not work is worse than none.
//
// The checks have a module of their own because they need those projects' own
// types, which the server does not: go -C deploy test ./...
package deploy
