//go:build faultclock

package main

import (
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// skew is how far this process's clock is off. The file named by FAULT_CLOCK says so,
// such as "-1h", and is read a few times a second. Only the fault rig is built with it.
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

// now is the clock of this process.
func now() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
