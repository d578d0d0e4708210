package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"gatehouse/store"
)

// The rows by algorithm have apps and APIs of their own, which differ from those of the rows
// with an API only in what signs.
const (
	byES256        = ", ES256"
	byEd25519      = ", Ed25519"
	byES256AndRSA  = ", ES256 and RS256"
	byEd25519Twice = ", Ed25519 for both"
)

var (
	publicES256App         = publicAPIApp.signed(store.ES256, store.RS256)
	publicEd25519App       = publicAPIApp.signed(store.Ed25519, store.Ed25519)
	confidentialES256App   = confidentialAPIApp.signed(store.ES256, store.RS256)
	confidentialEd25519App = confidentialAPIApp.signed(store.Ed25519, store.RS256)
)

// confidentialApps returns those with a secret; all but the first have an API.
func confidentialApps() []app {
	return []app{confidentialApp, confidentialAPIApp, confidentialES256App, confidentialEd25519App}
}

// publicApps are likewise those without.
func publicApps() []app { return append([]app{publicApp, publicAPIApp}, algorithmApps()...) }

// algorithmApps are the public apps of the rows by algorithm.
func algorithmApps() []app { return []app{publicES256App, publicEd25519App} }

// signed returns an app like this one, for an API like its own, with other algorithms.
func (a app) signed(access, refresh string) app {
	name := "-" + strings.ToLower(access)
	resource := a.resource + name
	return app{a.id + name, strings.Replace(a.scope, a.resource, resource, 1), resource, access, refresh}
}

func signedWith(algorithm string) store.SigningChoice {
	return store.SigningChoice{Alg: cmp.Or(algorithm, store.RS256)}
}

// tokenBy is the beginning of a member of an answer, a token that an algorithm signed: three
// bytes of a header are always the same four characters.
func tokenBy(member, algorithm string) string {
	header := `{"alg":"` + cmp.Or(algorithm, store.RS256) + `",`
	return `"` + member + `":"` + base64.RawURLEncoding.EncodeToString([]byte(header[:len(header)/3*3]))
}

// mintLead is how long a key is published that the mint makes: no verifier needs longer.
const mintLead = 2 * time.Second

// makeKeys makes a key for each algorithm of the rows, and waits until all sign.
func (m *mint) makeKeys(ctx context.Context) error {
	var last time.Time
	for _, algorithm := range []string{store.ES256, store.Ed25519} {
		from, err := m.ring.Choose(ctx, algorithm, "bench")
		if err != nil {
			return fmt.Errorf("making a key of %s: %w", algorithm, err)
		}
		last = from
	}
	return pause(ctx, time.Until(last.Add(time.Millisecond)))
}

// algorithmSignIns returns n sessions of each of those apps.
func (m *mint) algorithmSignIns(ctx context.Context, c *crowd, n int) (found []signIn, err error) {
	for _, a := range algorithmApps() {
		kid, fault := m.ring.SigningKeyID(ctx, a.refresh)
		err = errors.Join(err, fault)
		for i := 0; i < n; i++ {
			person := i % c.size
			if !active(person) {
				person--
			}
			s := c.session(person, kid)
			s.ClientID, s.Scope = a.id, a.scope
			found = append(found, signIn{user: c.person(person), session: s})
		}
	}
	return found, err
}
