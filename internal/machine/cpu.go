package machine

import "time"

// A CPU is processor time: that of the whole process, and that of the thread that asks.
type CPU struct{ Process, Thread time.Duration }
