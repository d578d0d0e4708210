package testkit

import "testing"

// Long skips the test under -short. It comes first in a test that takes long or runs a
// program of its own, and in whatever starts a service: go test -short ./... needs
// nothing but Go, and is over in half a minute on two cores.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("long: left out by -short")
	}
}
