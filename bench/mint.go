package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/session"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// appScope is the scope of the apps that use our own API alone.
const appScope = "openid profile email offline_access account"

// A mint makes sessions and their tokens as the server does, with the server's keys,
// but without a sign-in: a password takes twenty times as long as a signature.
type mint struct {
	db     *sqlstore.DB
	ring   *keys.Ring
	minter *token.Minter
}

func openMint(ctx context.Context, p place) (*mint, error) {
	db, err := sqlstore.Open(ctx, sqlstore.Options{DSN: p.database, Now: time.Now})
	if err != nil {
		return nil, fmt.Errorf("opening the database for minting: %w", err)
	}
	ring, err := keys.Open(ctx, keys.Options{
		Store: db, Masters: keys.MasterKeys{p.masterKey}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		PublishLead: mintLead, VerifyFor: time.Hour, // no key of the mint is superseded
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the keys for minting: %w", err), db.Close())
	}
	return &mint{db: db, ring: ring, minter: &token.Minter{Keys: ring, Issuer: p.issuer(), Audience: p.issuer(), Now: time.Now}}, nil
}

func (m *mint) close() error {
	m.ring.Close()
	return m.db.Close()
}

// A signIn is a session whose tokens the rig has.
type signIn struct {
	user            store.User
	session         store.Session
	access, refresh string
}

// userAgent is the User-Agent of every browser.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// tokenLife is the lifetime of the access tokens, longer than any run.
const tokenLife = 12 * time.Hour

// signIns returns n sessions of people who may sign in, and as many more as the rows by
// algorithm need; the last is the administrator's.
func (m *mint) signIns(ctx context.Context, c *crowd, n int, admin string) ([]signIn, error) {
	kid, err := m.ring.SigningKeyID(ctx)
	if err != nil {
		return nil, fmt.Errorf("minting tokens: %w", err)
	}
	found := make([]signIn, 0, signInsFor(n))
	for i := 0; len(found) < n; i++ {
		if active(i % c.size) {
			found = append(found, signIn{user: c.person(i % c.size), session: c.session(i, kid)})
		}
	}
	more, err := m.algorithmSignIns(ctx, c, n/algorithmShare)
	if err != nil {
		return nil, fmt.Errorf("minting tokens: %w", err)
	}
	found = append(found, more...)
	boss, err := m.db.UserByName(ctx, admin)
	if err != nil {
		return nil, fmt.Errorf("reading the administrator: %w", err)
	}
	s := c.session(0, kid)
	s.UserID, s.ClientID, s.Rotation.Role = boss.ID, session.AccountsID, boss.Role
	s.Scope = string(authz.ForRole(boss.Role))
	found = append(found, signIn{user: boss, session: s})
	return found, m.sign(ctx, found)
}

// algorithmShare of the sessions that have tokens are in the second public app; each app of the
// rows by algorithm has as many beside them.
const algorithmShare = 4

// signInsFor is how many sessions have tokens, with the administrator's.
func signInsFor(pool int) int { return pool + len(algorithmApps())*(pool/algorithmShare) + 1 }

// sign mints the tokens of the sessions, on every core.
func (m *mint) sign(ctx context.Context, all []signIn) error {
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(all) && errs[w] == nil; i += workers {
				errs[w] = m.signOne(ctx, &all[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (m *mint) signOne(ctx context.Context, in *signIn) error {
	set, err := m.minter.Mint(ctx, token.Grant{
		ClientID: in.session.ClientID, Scope: authz.Scope(in.session.Scope), Life: tokenLife,
		Session: in.session, Rotation: in.session.Rotation, User: in.user,
	})
	if err != nil {
		return fmt.Errorf("minting tokens: %w", err)
	}
	in.access, in.refresh = set.AccessToken, set.RefreshToken
	return nil
}

// session is the i-th session. People take turns, and half of the sessions are in the
// built-in app, the others in two public ones. It was last used an hour ago, so that its next
// refresh records the use in SQL, as with an app that refreshes when its access token
// expires.
func (c *crowd) session(i int, kid string) store.Session {
	person := i % c.size
	s := store.Session{
		ID: rand.Text(), UserID: int64(firstID + person), ClientID: session.AccountsID, Scope: string(authz.ForRole(role(person))),
		SignIn: store.SignIn{At: c.now.Add(-time.Hour)}, CreatedAt: c.now.Add(-time.Hour), LastUsedAt: c.now.Add(-time.Hour),
		ExpiresAt: c.now.Add(90 * 24 * time.Hour), IP: "192.0.2.1", UserAgent: userAgent,
		Rotation: store.Rotation{
			Gen: 1, JTI: rand.Text(), IssuedAt: c.now.Add(-time.Hour), ExpiresAt: c.now.Add(14 * 24 * time.Hour),
			Role: role(person), KeyID: kid,
		},
	}
	if i%2 == 1 {
		a := codeApp(i / 2)
		s.ClientID, s.Scope = a.id, a.scope
	}
	return s
}
