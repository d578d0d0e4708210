package redisstore

import (
	"context"
	"fmt"
	"log/slog"
)

// driverLog takes what go-redis would write to standard error. What matters of it
// comes back to us as an error too, so it is for debugging only: an outage must
// not flood the log.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Printf(ctx context.Context, format string, args ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, "go-redis: "+fmt.Sprintf(format, args...))
	}
}
