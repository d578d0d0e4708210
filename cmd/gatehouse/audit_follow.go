package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"gatehouse/internal/sink"
	"gatehouse/store"
)

// followEvery is the time between two looks at the log.
const followEvery = 500 * time.Millisecond

// A follower finds the events that are new since it last looked.
type follower struct {
	list  func(context.Context, store.AuditQuery) ([]store.AuditEvent, error)
	query store.AuditQuery
	// parts are those of the log (store.AuditSplit): new events appear in each of them as long
	// as replicas of the release before run.
	parts []*followed
}

// followed is a part of the log.
type followed struct {
	// before is the ID at which the part ends; 0: at the newest event.
	before int64
	// settled is the ID up to which no more events appear, and seen has the IDs of the
	// events above it that were returned.
	settled sink.Settling
	seen    map[int64]bool
}

// start returns the events to begin with, newest first: at most as many as the query asks for.
func (f *follower) start(ctx context.Context, now time.Time) ([]store.AuditEvent, error) {
	events, err := f.list(ctx, f.query)
	if err != nil {
		return nil, err
	}
	q := f.query
	q.Before = store.AuditSplit + 1
	below, err := f.list(ctx, q)
	if err != nil {
		return nil, err
	}
	above := events[:len(events)-countBelow(events)]
	f.parts = []*followed{
		{settled: sink.Settling{Through: store.AuditSplit}, seen: map[int64]bool{}},
		{before: store.AuditSplit + 1, seen: map[int64]bool{}},
	}
	for i, begun := range [][]store.AuditEvent{above, below} {
		if len(begun) == f.query.Limit {
			f.parts[i].settled.Through = begun[len(begun)-1].ID - 1
		}
		f.parts[i].fresh(begun, now)
	}
	return events, nil
}

// countBelow counts the events of the part below store.AuditSplit, which come last.
func countBelow(events []store.AuditEvent) (n int) {
	for n < len(events) && events[len(events)-1-n].ID <= store.AuditSplit {
		n++
	}
	return n
}

// next returns the events that have appeared since, newest first.
func (f *follower) next(ctx context.Context, now time.Time) (all []store.AuditEvent, err error) {
	for _, part := range f.parts {
		events, err := f.above(ctx, part)
		if err != nil {
			return nil, err
		}
		all = append(all, part.fresh(events, now)...)
	}
	return all, nil
}

// above returns the events of a part that have not settled.
func (f *follower) above(ctx context.Context, part *followed) (all []store.AuditEvent, err error) {
	q := f.query
	q.Limit, q.Before = 500, part.before
	for {
		page, err := f.list(ctx, q)
		if err != nil {
			return nil, err
		}
		above := len(page)
		if at := slices.IndexFunc(page, func(e store.AuditEvent) bool { return e.ID <= part.settled.Through }); at >= 0 {
			above = at
		}
		all = append(all, page[:above]...)
		if above < q.Limit {
			return all, nil
		}
		q.Before = page[above-1].ID
	}
}

// fresh returns the events that were not seen, and forgets those below which none appears.
func (p *followed) fresh(events []store.AuditEvent, now time.Time) []store.AuditEvent {
	var highest int64
	events = slices.DeleteFunc(slices.Clone(events), func(e store.AuditEvent) bool { return p.seen[e.ID] })
	for _, e := range events {
		p.seen[e.ID] = true
		highest = max(highest, e.ID)
	}
	p.settled.Saw(now, highest)
	maps.DeleteFunc(p.seen, func(id int64, _ bool) bool { return id <= p.settled.Through })
	return events
}

// followAudit prints the events and then new ones as they come, until ctx ends.
func (c *cli) followAudit(ctx context.Context, core *core, q store.AuditQuery, asJSON bool) error {
	f := &follower{list: core.db.ListAudit, query: q}
	events, err := f.start(ctx, now())
	list, away := c.newEvents(asJSON, true), false
	for ctx.Err() == nil {
		switch lost := errors.Is(err, store.ErrUnavailable); {
		case err != nil && !lost:
			return err
		case lost && !away:
			c.say("the database does not answer; trying again: %v", err)
			fallthrough
		default:
			away = lost
		}
		if err := list.addEvents(events); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(followEvery):
			events, err = f.next(ctx, now())
		}
	}
	return nil
}
