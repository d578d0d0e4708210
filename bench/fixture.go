package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"gatehouse/internal/session"
	"strings"
	"time"
)

// adminName is the username of the administrator that a command made.
const adminName = "bench-admin"

// prepare makes a place with size people, and everything that the requests need. The
// server runs once to make its schema and keys, but not while the tables are filled.
func (r *rig) prepare(ctx context.Context, t *topology, name string, size int) (p place, f *fixture, err error) {
	if p, err = t.place(ctx, fmt.Sprintf("%s_%d", name, size)); err != nil {
		return p, nil, err
	}
	f = &fixture{run: strings.ToLower(rand.Text()[:6]), secrets: map[string]string{}, holders: map[string]chan *holder{}}
	if err := r.furnish(ctx, p, f); err != nil {
		return p, nil, err
	}
	f.crowd, err = r.newCrowd(ctx, size)
	if err != nil {
		return p, nil, err
	}
	known, err := r.mint(ctx, p, f.crowd)
	if err != nil {
		return p, nil, err
	}
	f.give(known)
	return p, f, fill(ctx, p, f.crowd, known)
}

// furnish lets the server make its schema and keys, and the command line make an
// administrator and the apps.
func (r *rig) furnish(ctx context.Context, p place, f *fixture) (err error) {
	server, _, err := r.serve(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	var admin, public struct{}
	err = r.command(ctx, p, knownPassword, &admin, "user", "create",
		"--username", adminName, "--email", adminName+"@example.org", "--role", "admin", "--password-stdin", "--json")
	if err != nil {
		return err
	}
	var made struct {
		Secret string `json:"client_secret"`
	}
	for _, a := range confidentialApps() {
		err = r.command(ctx, p, "", &made, "client", "create", "--name", "Bench", "--id", a.id, "--scope", appScope,
			"--grant", "client_credentials", "--grant", "password", "--grant", "refresh_token", "--json")
		if err != nil {
			return err
		}
		f.secrets[a.id] = made.Secret
	}
	for _, a := range publicApps() {
		err = r.command(ctx, p, "", &public, "client", "create", "--name", "Bench page", "--id", a.id, "--public",
			"--scope", appScope, "--redirect-uri", redirectURI,
			"--grant", "password", "--grant", "authorization_code", "--grant", "refresh_token", "--json")
		if err != nil {
			return err
		}
	}
	return nil
}

// visitsPerSignIn is how many browsers there are, at least, for each sign-in. With fewer, a
// browser of a small crowd would come back in a run, and its second visit is not recorded.
const visitsPerSignIn = 10

func (r *rig) newCrowd(ctx context.Context, size int) (*crowd, error) {
	hash, err := newHasher().Hash(ctx, knownPassword)
	if err != nil {
		return nil, fmt.Errorf("hashing everybody's password: %w", err)
	}
	return &crowd{
		size: size, hash: hash, salt: rand.Text(), now: time.Now().UTC().Truncate(time.Second),
		browsers: max(size, visitsPerSignIn*r.options.pool), codes: r.options.codesFor(), rounds: r.options.audit,
	}, nil
}

func (r *rig) mint(ctx context.Context, p place, c *crowd) (known []signIn, err error) {
	m, err := openMint(ctx, p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := errors.Join(m.makeKeys(ctx), m.addAPIs(ctx, c)); err != nil {
		return nil, err
	}
	return m.signIns(ctx, c, r.options.pool, adminName)
}

// give stores the tokens in the fixture; the last are the administrator's.
func (f *fixture) give(known []signIn) {
	last := len(known) - 1
	f.admin = known[last].access
	for _, a := range append(publicApps(), app{id: session.AccountsID}) {
		f.holders[a.id] = make(chan *holder, last)
	}
	for _, k := range known[:last] {
		if k.session.ClientID == publicApp.id || k.session.ClientID == session.AccountsID { // our own API refuses those for others
			f.access = append(f.access, k.access)
		}
		f.holders[k.session.ClientID] <- &holder{refresh: k.refresh}
	}
}
