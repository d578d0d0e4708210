package main

import (
	"fmt"
)

// tables are the full report, with the judgement first.
func (r report) tables() []table {
	all := []table{r.aimsTable(), r.machineTable(), r.startsTable()}
	for _, b := range r.blocks {
		all = append(all, r.endpointsTable(b))
	}
	if growth := r.growthTable(); len(growth.rows) > 0 {
		all = append(all, growth)
	}
	if pages := r.pagesTable(); len(pages.rows) > 0 {
		all = append(all, pages)
	}
	if flood := r.floodTable(); len(flood.rows) > 0 {
		all = append(all, flood)
	}
	return r.machine.beside(all)
}

func (r report) machineTable() table {
	m := r.machine
	return table{title: "The machine and the units", head: []string{"what", "value"}, rows: [][]string{
		{"processor", m.String()},
		{"memory, MB", megabytes(m.memory)},
		{"system", m.system},
		{"Go", m.golang},
		{"MariaDB", m.mariaDB},
		{"Redis", m.redis},
		{"the server signs with RSA by", r.signedBy()},
		{"one RSA-2048 signature, µs of CPU", micros(m.unit.Signature)},
		{"the same while every core signs, µs", micros(m.unit.Crowded)},
		{"one argon2id hash, µs of CPU", m.hash()},
		{"the same by golang.org/x/crypto, µs of CPU", micros(m.unit.Library)},
		{"a hello handler, µs of CPU per request", micros(r.hello.server)},
		{"a hello handler, requests/s", perSecond(r.hello.rate)},
	}}
}

func (r report) startsTable() table {
	t := table{
		title: "Starting and resting",
		note: "Times run from the start of the process to the first connection (listening) and to the first answer that needs a key and a database (answering); " +
			"they are medians of " + integer(r.options.starts) + ". A first start finds neither schema nor keys. Resident memory is idle before the first request, " +
			"and at rest after the last; the part that is not its own is pages of the program's file.",
		head: []string{"", "people", "listening, ms", "answering, ms", "idle, MB", "of which its own, MB", "at rest, MB"},
	}
	for _, b := range r.blocks {
		if s, first := r.first[b.topology].median(), b.size == r.options.sizes[0]; first {
			t.rows = append(t.rows, []string{b.topology + ", first start", "0", ms(s.listening), ms(s.answering), "", "", ""})
		}
		s := b.later.median()
		t.rows = append(t.rows, []string{b.topology + ", later starts", integer(b.size), ms(s.listening), ms(s.answering), megabytes(b.idle.now), megabytes(b.idle.own), megabytes(b.rested.now)})
	}
	return t
}

func (r report) endpointsTable(b block) table {
	t := table{
		title: fmt.Sprintf("%s, %s people, %s sessions", b.topology, integer(b.size), integer(b.sessions)),
		note:  fmt.Sprintf("Filled in %.0f s. The far page of the user list is page %s.", b.filledIn.Seconds(), integer(farPage(b.size))),
		head:  []string{"endpoint", "requests/s", "p50, ms", "p99, ms", "CPU, µs", "in signatures", "back-ends' CPU, µs", "SQL", "Redis trips", "Redis commands", "peak, MB", "failures"},
	}
	for _, m := range b.measurements {
		sql, trips, commands := "as MariaDB", "–", "–"
		if m.counted {
			sql, trips, commands = perRequest(m.queries), perRequest(m.trips), perRequest(m.commands)
		}
		t.rows = append(t.rows, []string{
			m.scenario, perSecond(m.rate), ms(m.p50), ms(m.p99), micros(m.server), m.inSignatures(), micros(m.services),
			sql, trips, commands, megabytes(m.peak), failures(m.failures),
		})
	}
	return t
}

// inSignatures is the cost in signatures, and what of it is not a password's hash.
func (m measurement) inSignatures() string {
	if m.hashes {
		return ratio(m.signatures()) + ": hash + " + ratio(m.beyondHash())
	}
	return ratio(m.signatures())
}

func (r report) floodTable() table {
	t := table{
		title: "Under a flood of sign-ins",
		note: integer(r.options.flood) + " connections sign in without pause, while two others refresh and two read the JWKS. " +
			"A sign-in is turned away with 503 and Retry-After when the password budget is full.",
		head: []string{"", "people", "JWKS p99, ms", "in the flood", "refresh p99, ms", "in the flood", "refreshes/s", "in the flood", "JWKS/s", "in the flood", "sign-ins/s", "sign-in p99, ms", "turned away", "peak, MB", "failures"},
	}
	for _, b := range r.blocks {
		f := b.flood
		if f.callers == 0 {
			continue
		}
		t.rows = append(t.rows, []string{
			b.topology, integer(b.size), ms(quantile(f.calm.jwks.took, 0.99)), ms(quantile(f.flooded.jwks.took, 0.99)),
			ms(quantile(f.calm.refresh.took, 0.99)), ms(quantile(f.flooded.refresh.took, 0.99)),
			perSecond(f.calm.refresh.rate()), perSecond(f.flooded.refresh.rate()), perSecond(f.calm.jwks.rate()), perSecond(f.flooded.jwks.rate()),
			perSecond(f.signedIn), ms(f.p99), integer(f.busy), megabytes(f.peak), failures(f.failures),
		})
	}
	return t
}

// growthTable compares the largest number of people with the smallest.
func (r report) growthTable() table {
	t := table{
		title: "What growth costs",
		note:  "CPU per request with the most people, divided by that with the fewest: the server's alone, and that of server and back-ends together, which the aim is about.",
		head:  []string{"endpoint", "topology", "server", "all together"},
	}
	for _, g := range r.growth() {
		t.rows = append(t.rows, []string{g.scenario, g.topology, ratio(g.server), ratio(g.total)})
	}
	return t
}
