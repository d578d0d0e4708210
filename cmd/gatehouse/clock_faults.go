//go:build faultclock

package main

import (
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// skew is how far this process's clock is off: what the file named by FAULT_CLOCK
// says, as "-1h", read anew a few times a second. Only the fault rig is built so.
var skew atomic.Int64

func init() {
	path := os.Getenv("FAULT_CLOCK")
	if path == "" {
		return
	}
	readSkew(path)
	go func() {
		for range time.Tick(100 * time.Millisecond) {
			readSkew(path)
		}
	}()
}

func readSkew(path string) {
	text, err := os.ReadFile(path)
	if d, wrong := time.ParseDuration(strings.TrimSpace(string(text))); err == nil && wrong == nil {
		skew.Store(int64(d))
	}
}

// now is the clock of everything that this process does.
func now() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
