package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A comparison is everything that was measured of two servers.
type comparison struct {
	day      time.Time
	machine  machine
	options  options
	programs [2]string // what they are
	blocks   []pairBlock
}

// A pairBlock is one topology with one number of people.
type pairBlock struct {
	topology string
	size     int
	duels    []duel
}

// A contender is one of two servers that are compared: the measured one comes first. Each
// has a database of its own, and both run all the time, but only one is asked at a time.
type contender struct {
	program program
	place   place
	fixture *fixture
	target  target
}

// compare measures two programs side by side.
func (r *rig) compare(ctx context.Context) (found comparison, err error) {
	found = comparison{day: r.began, options: r.options}
	rival, err := r.rival()
	if err != nil {
		return found, err
	}
	programs := [2]program{r.program, rival}
	for i, g := range programs {
		if found.programs[i], err = g.describe(ctx); err != nil {
			return found, err
		}
	}
	if found.machine, err = r.examine(ctx); err != nil {
		return found, err
	}
	for _, name := range r.options.on {
		blocks, err := r.compareOn(ctx, name, programs)
		found.blocks = append(found.blocks, blocks...)
		if err != nil {
			return found, fmt.Errorf("on %s: %w", name, err)
		}
	}
	return found, nil
}

// rival is the other program: by default the same one.
func (r *rig) rival() (g program, err error) {
	g = program{cmp.Or(r.options.against.binary, r.program.binary), r.options.against.env, max(1, r.options.against.replicas)}
	g.binary, err = filepath.Abs(g.binary)
	return g, err
}

// describe returns what a program says that it is, and its settings.
func (g program) describe(ctx context.Context) (string, error) {
	if _, err := os.Stat(g.binary); err != nil {
		return "", fmt.Errorf("looking for a program: %w", err)
	}
	said := append([]string{firstLine(ctx, g.binary, "version")}, g.env...)
	if g.replicas > 1 {
		said = append(said, fmt.Sprintf("%d replicas", g.replicas))
	}
	return strings.Join(said, ", "), nil
}

func (r *rig) compareOn(ctx context.Context, name string, programs [2]program) (blocks []pairBlock, err error) {
	t, err := r.topology(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	for _, size := range r.options.sizes {
		b, err := r.compareBlock(ctx, t, size, programs)
		if err != nil {
			return blocks, fmt.Errorf("with %d people: %w", size, err)
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func (r *rig) compareBlock(ctx context.Context, t *topology, size int, programs [2]program) (b pairBlock, err error) {
	b = pairBlock{topology: t.name, size: size}
	var two [2]contender
	for i, g := range programs {
		r.say("%s: filling with %d people for %s", t.name, size, sides[i])
		if two[i], err = r.prepareContender(ctx, t, size, i, g); err != nil {
			return b, err
		}
	}
	if err := settle(ctx, t.services); err != nil {
		return b, err
	}
	for i := range two {
		server, err := r.enter(ctx, t, &two[i])
		if err != nil {
			return b, fmt.Errorf("starting %s: %w", sides[i], err)
		}
		defer func() { err = errors.Join(err, server.stop()) }()
	}
	b.duels, err = r.duels(ctx, two)
	return b, err
}

// sides name the two contenders.
var sides = [2]string{"the measured program", "the program compared with"}

// prepareContender fills a database. The measured program makes the schema of both, and
// finds the far page: a server runs on the schema of the next releases (architecture.md).
func (r *rig) prepareContender(ctx context.Context, t *topology, size, i int, g program) (c contender, err error) {
	c.program = g
	if c.place, c.fixture, err = r.prepare(ctx, t, []string{"of", "against"}[i], size); err != nil {
		return c, err
	}
	c.fixture.farPath, err = r.findFarPage(ctx, c.place, c.fixture.admin, farPage(size))
	return c, err
}

// enter starts the contender's server.
func (r *rig) enter(ctx context.Context, t *topology, c *contender) (*process, error) {
	server, _, err := r.serveBy(ctx, c.program, c.place)
	c.target = target{server: server, base: c.place.issuer(), services: t.services, counters: t.counters}
	return server, err
}

func (r *rig) duels(ctx context.Context, two [2]contender) (all []duel, err error) {
	rows, others := two[0].fixture.scenarios(), two[1].fixture.scenarios()
	for i := range rows {
		if !r.options.wants(rows[i].name) {
			continue
		}
		d, err := r.duel(ctx, two, [2]scenario{rows[i], others[i]})
		if err != nil {
			return all, fmt.Errorf("comparing %s: %w", rows[i].name, err)
		}
		all = append(all, d)
	}
	return all, nil
}
