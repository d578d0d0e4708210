package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// A peering says which servers of other makers are measured beside Gatehouse, in turns.
type peering struct {
	dir      string   // of their sources
	keycloak string   // an unpacked and built distribution; empty: none
	ours     settings // NAME=PROGRAM, further builds of Gatehouse
	warmUp   time.Duration
}

func (p peering) wanted() bool { return p.dir != "" }

func (p *peering) flags(f *flag.FlagSet) {
	f.StringVar(&p.dir, "peers", "", "measure the servers of this `folder` beside Gatehouse, in turns (scripts/peers.sh)")
	f.StringVar(&p.keycloak, "keycloak", "", "the `folder` of Keycloak's distribution, for -peers")
	f.Var(&p.ours, "ours", "another build of Gatehouse for -peers, `NAME=PROGRAM`; may be given several times")
	f.DurationVar(&p.warmUp, "peer-warm-up", 20*time.Second, "how long the warm-up of each endpoint of a peer lasts, so that its code is compiled")
}

func (p peering) check(o options) error {
	switch {
	case !p.wanted() && (p.keycloak != "" || len(p.ours) > 0):
		return errors.New("-keycloak and -ours need -peers")
	case !p.wanted():
		return nil
	case o.against.wanted() || o.profiles != "":
		return errors.New("-peers is a comparison of its own, so -against and -profiles cannot be used")
	case len(o.on) != 1 || len(o.sizes) != 1:
		return errors.New("-peers needs one topology and one number of people: -on sqlite -sizes 1000")
	case o.against.rounds < fewestRounds || o.against.settle < 0 || p.warmUp <= 0:
		return fmt.Errorf("-rounds must be at least %d, -settle not negative, and -peer-warm-up positive", fewestRounds)
	}
	return nil
}

// An entrant is one server that is measured, ours or a peer. All of them run all the time,
// but only one is asked at a time.
type entrant struct {
	name, version, keeps string
	target               target
	warmUp               time.Duration
	idle                 resident // before its first request
	rows                 []scenario
	// ready, if set, makes what a row's requests are made from.
	ready func(ctx context.Context, row string) error
}

// A lineup is everything that was measured of the entrants; the first is Gatehouse.
type lineup struct {
	day      time.Time
	machine  machine
	options  options
	entrants []entrant
	absent   []string // peers that are not here, and why
	heats    []heat
}

// measurePeers measures Gatehouse and its peers side by side.
func (r *rig) measurePeers(ctx context.Context) (found lineup, err error) {
	found = lineup{day: r.began, options: r.options}
	if found.machine, err = r.examine(ctx); err != nil {
		return found, err
	}
	t, err := r.topology(ctx, r.options.on[0])
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	defer func() {
		for _, e := range found.entrants {
			err = errors.Join(err, e.target.server.stop())
		}
	}()
	if err := r.enterOurs(ctx, t, &found); err != nil {
		return found, err
	}
	if err := r.enterPeers(ctx, &found); err != nil {
		return found, err
	}
	found.heats, err = r.heats(ctx, found.entrants)
	return found, err
}

// enterOurs starts the builds of Gatehouse, each with a database of its own.
func (r *rig) enterOurs(ctx context.Context, t *topology, found *lineup) error {
	for i, one := range append([]string{"Gatehouse=" + r.program.binary}, r.options.peers.ours...) {
		name, binary, _ := strings.Cut(one, "=")
		binary, err := filepath.Abs(binary)
		if err != nil {
			return err
		}
		e, err := r.enterOur(ctx, t, i, name, program{binary, r.program.env, r.program.replicas})
		if err != nil {
			return fmt.Errorf("starting %s: %w", name, err)
		}
		found.entrants = append(found.entrants, e)
	}
	return nil
}

func (r *rig) enterOur(ctx context.Context, t *topology, i int, name string, g program) (e entrant, err error) {
	e = entrant{name: name, warmUp: r.options.warmUp}
	e.keeps = fmt.Sprintf("%s, %s people, %s sessions with tokens", t.name, integer(r.options.sizes[0]), integer(r.options.pool))
	if e.version, err = g.describe(ctx); err != nil {
		return e, err
	}
	r.say("%s: filling with %d people", name, r.options.sizes[0])
	c := contender{program: g}
	if c.place, c.fixture, err = r.prepare(ctx, t, fmt.Sprintf("ours%d", i), r.options.sizes[0]); err != nil {
		return e, err
	}
	for _, s := range c.fixture.scenarios() {
		s.hashes = false // a peer's hash is another one: none is subtracted
		e.rows = append(e.rows, s)
	}
	server, err := r.enter(ctx, t, &c)
	if err != nil {
		return e, err
	}
	e.target = c.target
	e.idle, err = server.memory()
	return e, err
}
