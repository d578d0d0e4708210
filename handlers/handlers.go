// Package handlers holds what the endpoints of all audiences share. Each audience
// (apps, front ends, operators, people) has a package of its own below, because
// the audience decides how a route is guarded and how it refuses.
package handlers

import "net/http"

// An Endpoint reads the request, calls one service, and either writes the answer or
// returns the reason why it did not.
type Endpoint func(w http.ResponseWriter, r *http.Request) error
