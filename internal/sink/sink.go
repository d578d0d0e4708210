// Package sink writes the audit log, as it grows, to a file or to standard output. It reads
// what is committed: so it holds up nobody, misses nothing, and has nothing to keep in memory
// while the file cannot be written.
package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"gatehouse/store"
)

const (
	// DefaultEvery is the time between two looks at the log.
	DefaultEvery = time.Second
	// parts are those of the log.
	parts = 2
	// batch is how many events are read, written and remembered together.
	batch = 200
	// DefaultPatience is how long a write may take before another replica may try.
	DefaultPatience = 10 * time.Second
	// lastWords is how long the end of the process waits for what is left.
	lastWords = 2 * time.Second
	// remindEvery is the time between two lines in the log while nothing can be written.
	remindEvery = time.Minute
)

// errBlocked means that whoever reads what is written does not.
var errBlocked = errors.New("nobody reads what is written")

// A Log is the audit log, and how far it was delivered.
type Log interface {
	AuditAfter(ctx context.Context, id int64, n int) ([]store.AuditEvent, error)
	AuditDelivery(ctx context.Context) ([]store.AuditDelivery, error)
	BeginAuditDelivery(ctx context.Context) error
	AuditDelivered(ctx context.Context, from, through int64) (bool, error)
}

// A Sink delivers each event at least once, in the order of their IDs within each part of the
// log (store.AuditSplit). Any number of replicas may run one: whichever comes first goes on
// where the last one stopped.
type Sink struct {
	Events Log
	// To takes lines. Of an error, it returns how many bytes were written all the same.
	To interface {
		Write(lines []byte) (int, error)
	}
	// Shape is what an event is written as, in JSON.
	Shape func(store.AuditEvent) any
	// Alone runs f unless another replica does.
	Alone func(ctx context.Context, f func(context.Context)) error
	// Every is the time between two looks (DefaultEvery), and Patience how long a look waits
	// for a write (DefaultPatience).
	Every, Patience time.Duration
	Now             func() time.Time
	// Written counts events that were written, and Failed tries that failed. Behind is told
	// with every look how long the oldest event has waited that is not written.
	Written func(events int)
	Failed  func()
	Behind  func(time.Duration)
	Log     *slog.Logger

	at       []store.AuditDelivery // of each part of the log, as it was last read
	settling [parts]Settling
	pending  *write // that has not ended within Patience
	trouble  trouble
}

// Run delivers until ctx ends, and then what is left.
func (s *Sink) Run(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := s.look(ctx); ctx.Err() == nil {
			s.note(err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	s.note(s.look(last))
}

// look delivers what there is to deliver.
func (s *Sink) look(ctx context.Context) (err error) {
	s.at, err = s.Events.AuditDelivery(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return s.Events.BeginAuditDelivery(ctx)
	}
	if err != nil {
		return err
	}
	s.Behind(s.saw(s.Now()))
	if _, waiting := s.waiting(); !waiting {
		return s.finish(ctx)
	}
	if err := s.finish(ctx); err != nil {
		return err
	}
	var failed error
	err = s.Alone(ctx, func(ctx context.Context) { failed = s.deliver(ctx) })
	return errors.Join(err, failed)
}

// saw notes the newest events, and returns how long the oldest has waited.
func (s *Sink) saw(now time.Time) (waited time.Duration) {
	for i, at := range s.at {
		s.settling[i].Saw(now, at.Newest)
		if !at.Waiting.IsZero() {
			waited = max(waited, now.Sub(at.Waiting))
		}
	}
	return waited
}

// waiting returns the first part that has events which are not delivered, if there is one.
func (s *Sink) waiting() (at store.AuditDelivery, waiting bool) {
	for _, at := range s.at {
		if !at.Waiting.IsZero() {
			return at, true
		}
	}
	return at, false
}

// deliver writes what each part has. It stops at a failure: the next write may come only once
// this one has ended.
func (s *Sink) deliver(ctx context.Context) error {
	for part, at := range s.at {
		if at.Waiting.IsZero() {
			continue
		}
		if err := s.deliverPart(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// deliverPart writes batch after batch. It asks where each begins, because another replica may
// have written what this one was blocked on.
func (s *Sink) deliverPart(ctx context.Context, part int) (err error) {
	for {
		if s.at, err = s.Events.AuditDelivery(ctx); err != nil {
			return err
		}
		from := s.at[part].Through
		events, err := s.Events.AuditAfter(ctx, from, batch)
		if err != nil {
			return err
		}
		ready := s.settling[part].ready(from, events)
		if len(ready) == 0 {
			return nil
		}
		if s.pending, err = s.begin(from, ready); err != nil {
			return err
		}
		if err := s.finish(ctx); err != nil || len(ready) < batch {
			return err
		}
	}
}

// A write is a batch on its way. Its result comes once, when it has ended.
type write struct {
	from   int64
	events []store.AuditEvent
	ends   []int // where the line of each event ends
	result chan result
}

type result struct {
	written int
	err     error
}

// begin starts to write the events, which follow the one with the ID from.
func (s *Sink) begin(from int64, events []store.AuditEvent) (*write, error) {
	w := &write{from: from, events: events, result: make(chan result, 1)}
	var lines bytes.Buffer
	line := json.NewEncoder(&lines)
	line.SetEscapeHTML(false)
	for _, e := range events {
		if err := line.Encode(s.Shape(e)); err != nil {
			return nil, err
		}
		w.ends = append(w.ends, lines.Len())
	}
	go func() {
		n, err := s.To.Write(lines.Bytes())
		w.result <- result{n, err}
	}()
	return w, nil
}

// finish waits for the write that was begun, and records what of it is there. A write that
// does not end in time is left alone, and asked for with the next look.
func (s *Sink) finish(ctx context.Context) error {
	w := s.pending
	if w == nil {
		return nil
	}
	timer := time.NewTimer(s.Patience)
	defer timer.Stop()
	select {
	case r := <-w.result:
		s.pending = nil
		return errors.Join(r.err, s.record(ctx, w, r.written))
	case <-timer.C:
	case <-ctx.Done():
	}
	return errBlocked
}

// record moves the delivery on to the last event whose line is whole. It does so too when the
// server stops meanwhile, or the lines would come again with its last look.
func (s *Sink) record(ctx context.Context, w *write, written int) error {
	n := 0
	for n < len(w.ends) && w.ends[n] <= written {
		n++
	}
	if n == 0 {
		return nil
	}
	s.Written(n)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	_, err := s.Events.AuditDelivered(ctx, w.from, w.events[n-1].ID)
	return err
}
