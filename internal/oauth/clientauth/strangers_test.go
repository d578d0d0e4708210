package clientauth_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/outbound"
	"gatehouse/store"
)

// The keys of a client that no administrator registered are never fetched from inside,
// whatever those of others may be.
func TestKeysOfStrangersAreNotInside(t *testing.T) {
	host := newKeyHost(t)
	clock := func() time.Time { return noon }
	key := host.publish(t, "r1")
	for origin, want := range map[store.ClientOrigin]error{store.OriginRegistered: nil, store.OriginDocument: oauth.InvalidClient, store.OriginDynamic: oauth.InvalidClient} {
		a := clientauth.Authenticator{
			Clients: apps{"signer": {ID: "signer", Origin: origin, AuthMethod: store.PrivateKeyJWT, JWKSURI: host.URL, AssertionAudience: "issuer"}}, Limits: &tally{}, Now: clock,
			Assertions: &clientauth.Assertions{
				Once: once{}, Issuer: "https://id.example", Now: clock,
				Keys:      &clientauth.JWKSCache{Client: outbound.Client(outbound.Options{Private: true}), Limits: &tally{}, Now: clock},
				Strangers: &clientauth.JWKSCache{Client: outbound.Client(outbound.Options{}), Limits: &tally{}, Now: clock},
			},
		}
		before := host.fetches()
		if _, err := a.Authenticate(asserting(t, key, "r1", noon)); !errors.Is(err, want) {
			t.Errorf("origin %s: err = %v, want %v", origin, err, want)
		}
		if fetched := host.fetches() > before; fetched != (want == nil) {
			t.Errorf("origin %s: fetched: %t, want it only for a registered one", origin, fetched)
		}
	}
}
