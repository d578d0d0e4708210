//go:build !faultclock

package main

import "time"

// now is the clock of everything that this process does.
func now() time.Time { return time.Now() }
