package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// A rig is one run.
type rig struct {
	options   options
	dir       string // databases, logs, sockets
	program   program
	yardstick *yardstick
	progress  io.Writer
	began     time.Time
	label     string // of the current block, for the names of profiles
	// profiles is the address at which a server built for it serves CPU profiles.
	profiles string
}

func newRig(ctx context.Context, o options, progress io.Writer) (*rig, error) {
	r := &rig{options: o, dir: o.dir, program: program{o.binary, o.env, o.replicas}, progress: progress, began: time.Now()}
	if r.dir == "" {
		dir, err := os.MkdirTemp("", "gatehouse-bench-")
		if err != nil {
			return nil, fmt.Errorf("making a folder: %w", err)
		}
		r.dir = dir
	}
	var err error
	if r.dir, err = filepath.Abs(r.dir); err != nil {
		return nil, err
	}
	if r.yardstick, err = newYardstick(ctx, o.duration); err != nil {
		return nil, errors.Join(err, r.close())
	}
	if err := r.findBinary(ctx); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// findBinary builds the server unless one was given.
func (r *rig) findBinary(ctx context.Context) (err error) {
	if r.program.binary != "" {
		r.program.binary, err = filepath.Abs(r.program.binary)
		return err
	}
	r.program.binary = filepath.Join(r.dir, "gatehouse")
	r.say("building gatehouse")
	if r.options.profiles != "" {
		return r.buildForProfiles(ctx)
	}
	return build(ctx, r.program.binary)
}

func (r *rig) close() (err error) {
	if r.yardstick != nil {
		err = r.yardstick.close()
	}
	if r.options.keep || r.options.dir != "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(r.dir))
}

// say reports how far the run has come.
func (r *rig) say(format string, args ...any) {
	fmt.Fprintf(r.progress, "%7.1fs  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}

// A report is everything that was measured.
type report struct {
	day     time.Time
	machine machine
	signer  string // the OpenSSL that signs; empty: Go does
	options options
	hello   measurement
	first   map[string]starts // by topology
	blocks  []block
}

func (r *rig) measure(ctx context.Context) (found report, err error) {
	found = report{day: r.began, options: r.options, first: map[string]starts{}}
	if found.machine, err = r.examine(ctx); err != nil {
		return found, err
	}
	if found.signer, err = r.program.signer(ctx); err != nil {
		return found, err
	}
	if found.hello, err = r.measureHello(ctx); err != nil {
		return found, err
	}
	for _, name := range r.options.on {
		if err := r.measureTopology(ctx, name, &found); err != nil {
			return found, fmt.Errorf("on %s: %w", name, err)
		}
	}
	return found, nil
}

// topology starts the services of a topology.
func (r *rig) topology(ctx context.Context, name string) (*topology, error) {
	if name == "mariadb" {
		return mariaDBTopology(ctx, r.dir, r.options.bufferPoolMiB)
	}
	return sqliteTopology(r.dir), nil
}

func (r *rig) measureTopology(ctx context.Context, name string, found *report) (err error) {
	t, err := r.topology(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	r.say("%s: measuring first starts", t.name)
	if found.first[t.name], err = r.firstStarts(ctx, t); err != nil {
		return err
	}
	for _, size := range r.options.sizes {
		b, err := r.measureBlock(ctx, t, size)
		if err != nil {
			return fmt.Errorf("with %d people: %w", size, err)
		}
		found.blocks = append(found.blocks, b)
	}
	return nil
}
