// Package deploy checks the files beside it, which run Gatehouse with Kubernetes,
// systemd, HAProxy, Prometheus and Compose. They are samples, and a sample that does
// not work is worse than none.
//
// The checks have a module of their own because they need those projects' types,
// which the server does not: go -C deploy test ./...
package deploy
