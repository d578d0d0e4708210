package main

import (
	"context"
	"time"
)

// A measurement is what one scenario cost.
type measurement struct {
	scenario string
	requests int
	failures []string
	rate     float64 // answers per second
	p50, p99 time.Duration

	server, services time.Duration // CPU per request
	hashes           bool
	unit             units

	counted                  bool
	queries, trips, commands float64 // per request

	peak int64 // of the server's resident memory, in bytes
}

// signatures is the server's CPU per request in signatures.
func (m measurement) signatures() float64 { return float64(m.server) / float64(m.unit.Signature) }

// beyondHash is the cost of a request besides its hash, in signatures.
func (m measurement) beyondHash() float64 {
	return float64(m.server-m.unit.Hash) / float64(m.unit.Signature)
}

// total is the CPU per request of the server and its back-ends.
func (m measurement) total() time.Duration { return m.server + m.services }

// A target is a running server, and the services whose work is counted with it.
type target struct {
	server   *process
	base     string
	services []*process
	counters *counters // nil if nothing is counted
	profiles string    // the address of CPU profiles; empty if the server has none
}

// spent is what the server and the services have used so far.
type spent struct {
	server, services time.Duration
	counts           counts
}

func (s spent) plus(o spent) spent {
	return spent{s.server + o.server, s.services + o.services, s.counts.plus(o.counts)}
}

// since returns what was used since before, without the cost of the reading itself.
func (t target) since(ctx context.Context, before spent) (spent, error) {
	now, err := t.read(ctx)
	used := spent{now.server - before.server, now.services - before.services, now.counts.minus(before.counts)}
	if t.counters != nil {
		used.counts = used.counts.minus(t.counters.own)
	}
	return used, err
}

func (t target) read(ctx context.Context) (s spent, err error) {
	if s.server, err = t.server.cpuTime(); err != nil {
		return s, err
	}
	for _, p := range t.services {
		d, err := p.cpuTime()
		if err != nil {
			return s, err
		}
		s.services += d
	}
	if t.counters != nil {
		s.counts, err = t.counters.read(ctx)
	}
	return s, err
}
