package figures

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/internal/metrics"
)

// countEvery is how often the rows of the tables are counted.
const countEvery = 10 * time.Minute

// CountRows updates the figures of the tables' sizes until ctx ends. Counting is too
// expensive to be done on every request for the metrics.
func CountRows(ctx context.Context, rows func(context.Context) (map[string]int64, error), m *metrics.Metrics, log *slog.Logger) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		if counted, err := rows(ctx); err == nil {
			m.Rows(counted)
		} else if ctx.Err() == nil {
			log.Warn("the rows of the tables were not counted; trying again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
