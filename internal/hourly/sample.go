package hourly

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/store"
)

// sampleEvery is how often it is looked whether the hour has its sample.
const sampleEvery = time.Minute

// few is how many are counted again each minute: that costs little, and what a small server
// shows is then true now.
const few = 10_000

// A Sampler counts, once in an hour, what is too much to be counted for a page.
type Sampler struct {
	DB interface {
		Hourly(ctx context.Context, kind store.Happening, since time.Time) ([]store.HourlyCount, error)
		SetHourly(ctx context.Context, samples ...store.HourlyCount) error
		CountSessions(ctx context.Context, now time.Time) (int64, error)
		CountActive(ctx context.Context, since time.Time) (int64, error)
	}
	// Alone runs f unless another replica does.
	Alone func(ctx context.Context, f func(context.Context)) error
	Now   func() time.Time
	Log   *slog.Logger
}

// Run takes samples until ctx ends.
func (s *Sampler) Run(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		var failed error
		err := s.Alone(ctx, func(ctx context.Context) { failed = s.sample(ctx) })
		if err == nil {
			err = failed
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("the sample of the hour was not taken; trying again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sample takes the samples of the hour that are missing.
func (s *Sampler) sample(ctx context.Context) error {
	now := s.Now()
	err := s.take(ctx, store.LivingSessions, func() (int64, error) { return s.DB.CountSessions(ctx, now) })
	if err != nil {
		return err
	}
	return s.take(ctx, store.ActivePeople, func() (int64, error) { return s.DB.CountActive(ctx, now.Add(-store.ActiveWithin)) })
}

// take records a sample, unless the hour has one, or it is as it was.
func (s *Sampler) take(ctx context.Context, kind store.Happening, count func() (int64, error)) error {
	hour := s.Now().Truncate(time.Hour)
	there, err := s.DB.Hourly(ctx, kind, hour)
	if err != nil || len(there) > 0 && there[0].N >= few {
		return err
	}
	n, err := count()
	if err != nil || len(there) > 0 && there[0].N == n {
		return err
	}
	return s.DB.SetHourly(ctx, store.HourlyCount{HourlyKey: store.HourlyKey{Kind: kind}, Hour: hour, N: n})
}
