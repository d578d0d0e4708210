package redisstore

import (
	"context"
	"fmt"
	"log/slog"
)

// driverLog receives what go-redis would write to standard error. It logs at debug
// level only, so that an outage does not flood the log: everything that matters also
// comes back as an error.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Printf(ctx context.Context, format string, args ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, "go-redis: "+fmt.Sprintf(format, args...))
	}
}
