//go:build !linux

package testkit

import "testing"

// SmallDisk skips the test: a small disk is made on Linux only.
func SmallDisk(t testing.TB, _ string, _ int) {
	t.Helper()
	t.Skip("a small disk is made on Linux only")
}

// FillDisk is for a SmallDisk.
func FillDisk(testing.TB, string) (empty func()) { return func() {} }
