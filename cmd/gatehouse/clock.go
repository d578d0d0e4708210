//go:build !faultclock

package main

import "time"

// now is the clock of this process.
func now() time.Time { return time.Now() }
