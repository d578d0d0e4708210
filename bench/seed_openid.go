package main

import (
	"crypto/rand"
	"runtime"
	"time"

	"gatehouse/internal/signin"
	"gatehouse/store"
)

// codesPerSecond is more than a core can redeem, because each takes three signatures.
const codesPerSecond = 1500

// codesFor returns how many codes the rig needs for its two public apps, because each works
// only once.
func (o options) codesFor() int {
	return 2 * int((o.warmUp+o.duration+time.Second).Seconds()*codesPerSecond) * runtime.NumCPU()
}

// browserSessions inserts browser sessions for people in turn. Each was last seen an
// hour ago, so that its next request records the visit, as with a person who signs in
// to apps now and then. The last is the administrator's, whose times lie ahead: it would end
// after half an hour without use, and a run may take longer.
func (f filler) browserSessions(c *crowd, admin store.User) error {
	columns := "id, cookie_digest, user_id, auth_time, amr, acr, created_at, last_seen_at, expires_at, ended_at, ip, user_agent"
	before, expires := c.now.Add(-time.Hour).UnixMilli(), c.now.Add(30*24*time.Hour).UnixMilli()
	return f.insert("browser_sessions", columns, c.browsers+1, func(i int, args []any) []any {
		cookie, person, began := store.DigestOf(c.secret("session", i)), int64(firstID+i%c.size), before
		if i == c.browsers {
			person, began = admin.ID, c.now.Add(2*time.Hour).UnixMilli()
		}
		return append(args, rand.Text(), cookie[:], person, began, `["`+signin.AMRPassword+`"]`, signin.ACRPassword,
			began, began, expires, 0, "192.0.2.1", userAgent)
	})
}

// consents gives everybody's consent to everything that the public apps ask for.
func (f filler) consents(c *crowd) error {
	granted := c.now.Add(-time.Hour).UnixMilli()
	return f.insert("consents", "user_id, client_id, scope, granted_at", 2*c.size, func(i int, args []any) []any {
		a := codeApp(i)
		return append(args, firstID+i/2, a.id, a.scope, granted)
	})
}

// codes inserts codes that live longer than the server's, because they wait until they
// are redeemed.
func (f filler) codes(c *crowd) error {
	columns := "digest, session_id, client_id, user_id, browser_id, redirect_uri, scope, resources, nonce, challenge, acr, amr, claims, " +
		"auth_time, expires_at, used_at, misses"
	signedIn, expires := c.now.Add(-time.Hour).UnixMilli(), c.now.Add(tokenLife).UnixMilli()
	return f.insert("auth_codes", columns, c.codes, func(i int, args []any) []any {
		code, person, a := store.DigestOf(c.secret("code", i)), i%c.size, codeApp(i)
		if !active(person) {
			person--
		}
		return append(args, code[:], rand.Text(), a.id, firstID+person, rand.Text(), redirectURI, a.scope, a.resources(), "a-nonce-of-the-app",
			challenge(), signin.ACRPassword, `["`+signin.AMRPassword+`"]`, "", signedIn, expires, 0, 0)
	})
}
