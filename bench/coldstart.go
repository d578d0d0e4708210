package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/keys"
)

// starts are several starts of one kind.
type starts []start

// median returns the median time until listening and that until answering.
func (s starts) median() start {
	return start{
		listening: medianOf(s, func(one start) time.Duration { return one.listening }),
		answering: medianOf(s, func(one start) time.Duration { return one.answering }),
	}
}

func medianOf(s starts, which func(start) time.Duration) time.Duration {
	var all []time.Duration
	for _, one := range s {
		all = append(all, which(one))
	}
	slices.Sort(all)
	return quantile(all, 0.5)
}

// firstStarts measures starts without a schema and without keys.
func (r *rig) firstStarts(ctx context.Context, t *topology) (starts, error) {
	var all starts
	for i := range r.options.starts {
		p, err := t.place(ctx, fmt.Sprintf("first_%d", i))
		if err != nil {
			return nil, err
		}
		if t.makesKey {
			p.masterKey = keys.MasterKey{}
		}
		one, err := r.startAndStop(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("a first start: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}

// laterStarts measures starts on an existing database.
func (r *rig) laterStarts(ctx context.Context, p place) (starts, error) {
	var all starts
	for range r.options.starts {
		one, err := r.startAndStop(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("a later start: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}

func (r *rig) startAndStop(ctx context.Context, p place) (start, error) {
	server, one, err := r.serve(ctx, p)
	return one, errors.Join(err, server.stop())
}
