package testkit

import "testing"

// Long skips the test under -short. It comes first in a test that takes long or runs a
// program, and in helpers that start a service: go test -short ./... needs nothing but
// Go, and takes half a minute on two cores.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("this test is long, and -short skips it")
	}
}
