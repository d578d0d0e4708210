package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// build builds the server as for a release: without cgo.
func build(ctx context.Context, binary string, flags ...string) error {
	args := append([]string{"build", "-trimpath"}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", binary, "gatehouse/cmd/gatehouse")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building gatehouse: %w: %s", err, out)
	}
	return nil
}

// A start is how long a server took from the start of its process.
type start struct {
	listening time.Duration // until the first connection was accepted
	answering time.Duration // until the first JWKS, which needs a database and a key
}

// pollEvery bounds the error of a start.
const pollEvery = 200 * time.Microsecond

// A program is a server's binary, and settings beyond those of its place.
type program struct {
	binary string
	env    []string // NAME=VALUE
	// replicas is how many of it serve together, behind haproxy if there are several.
	replicas int
}

// environment returns all settings at a place. Of two with one name the later counts.
func (g program) environment(p place) []string { return slices.Concat(p.environment(), g.env) }

// serve starts the server at a place and waits until it answers.
func (r *rig) serve(ctx context.Context, p place) (*process, start, error) {
	return r.serveBy(ctx, r.program, p)
}

func (r *rig) serveBy(ctx context.Context, g program, p place) (*process, start, error) {
	if g.replicas > 1 {
		return r.serveMany(ctx, g, p)
	}
	return r.serveOne(ctx, g, p)
}

func (r *rig) serveOne(ctx context.Context, g program, p place) (*process, start, error) {
	began := time.Now()
	server, err := startProcess(ctx, p.dir, "gatehouse", append(g.environment(p), profileVariable+"="+r.profiles), g.binary, "serve")
	if err != nil {
		return nil, start{}, err
	}
	var s start
	if err := server.until(ctx, pollEvery, time.Minute, func() error { return dial(p.address) }); err != nil {
		return nil, s, fmt.Errorf("waiting for the port: %w", err)
	}
	s.listening = time.Since(began)
	l := newLoad(p.issuer(), 1)
	defer l.close()
	if err := server.until(ctx, pollEvery, time.Minute, func() error { return isReady(ctx, l) }); err != nil {
		return nil, s, fmt.Errorf("waiting for an answer: %w", err)
	}
	s.answering = time.Since(began)
	return server, s, nil
}

func isReady(ctx context.Context, l load) error {
	return l.send(ctx, request{method: http.MethodGet, path: "/.well-known/jwks.json", want: http.StatusOK, contains: `"kid"`})
}

// command runs a subcommand of gatehouse beside the server, and reads its JSON.
func (r *rig) command(ctx context.Context, p place, input string, answer any, args ...string) error {
	cmd := exec.CommandContext(ctx, r.program.binary, args...)
	cmd.Dir, cmd.Env = p.dir, r.program.environment(p)
	cmd.Stdin = strings.NewReader(input)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("gatehouse %s: %w: %s", strings.Join(args[:2], " "), err, complaint.String())
	}
	if err := json.Unmarshal(out, answer); err != nil {
		return fmt.Errorf("gatehouse %s: %w in %.200s", strings.Join(args[:2], " "), err, out)
	}
	return nil
}
