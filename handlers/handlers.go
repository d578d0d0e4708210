// Package handlers holds what the endpoints of all audiences share. An audience
// (apps, front ends, operators, people) has a package of its own below, because
// it settles how a route is guarded and how it refuses.
package handlers

import "net/http"

// An Endpoint reads the request, calls one service and writes the answer, or
// returns the reason why it did not. Never both.
type Endpoint func(w http.ResponseWriter, r *http.Request) error
