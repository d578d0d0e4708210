//go:build !linux

package testkit

import "testing"

// SmallDisk skips the test, because only Linux has small disks.
func SmallDisk(t testing.TB, _ string, _ int) {
	t.Helper()
	t.Skip("a small disk needs Linux")
}

// FillDisk does nothing, because there is no SmallDisk to fill.
func FillDisk(testing.TB, string) (empty func()) { return func() {} }
