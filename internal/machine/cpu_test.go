package machine

import (
	"runtime"
	"testing"
	"time"
)

func TestWorkTakesProcessorTime(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: only Linux counts the time of a thread")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, least := CPUTime(), 2*time.Millisecond
	for CPUTime().Thread-before.Thread < least { // it ends, or the test does
	}
	if now := CPUTime(); now.Process-before.Process < least {
		t.Errorf("a thread worked for %s, and its process for %s; want that at least", now.Thread-before.Thread, now.Process-before.Process)
	}
}
