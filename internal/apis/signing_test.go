package apis

import (
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/keys"
	"gatehouse/store"
)

// openRing gives w a ring whose keys are published for an hour before they sign.
func (w world) openRing(t *testing.T) {
	t.Helper()
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: w.db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: w.Now, PublishLead: time.Hour, VerifyFor: 24 * time.Hour,
	})
	if err != nil {
		t.Fatalf("opening the key ring: %v", err)
	}
	t.Cleanup(ring.Close)
	w.Keys = ring
}

// The first choice of an algorithm publishes its key, and the answer says from when it
// signs; until then what the API had before goes on.
func TestTheAnswerSaysFromWhenAnAlgorithmSigns(t *testing.T) {
	w := open(t)
	w.openRing(t)
	in := ordersInput()
	in.SigningAlg = fields.Given("EdDSA")
	began := w.Now()
	made := w.add(t, in)
	soon := func(c store.SigningChoice) bool {
		return !c.From.Before(began.Add(time.Hour)) && c.From.Before(began.Add(time.Hour+time.Minute))
	}
	if c := made.Signing; c.Alg != store.Ed25519 || c.Before != store.RS256 || !soon(c) {
		t.Errorf("registered with EdDSA: %+v; want Ed25519 in an hour, and RS256 until then", c)
	}
	change := func(in Input, all bool) store.SigningChoice {
		t.Helper()
		is, err := w.Update(t.Context(), authz.Operator, "orders", in, all)
		if err != nil {
			t.Fatalf("changing the API: %v (%v), want it changed", err, messages(err))
		}
		return is.Signing
	}
	if c := change(Input{Name: fields.Given("Other")}, false); c != made.Signing {
		t.Errorf("after another change: %+v, want %+v as before", c, made.Signing)
	}
	if c := change(Input{SigningAlg: fields.Given(store.ES256)}, false); c.Alg != store.ES256 || c.Before != store.RS256 || !soon(c) {
		t.Errorf("ES256 before Ed25519 signs: %+v; want ES256 in an hour, and until then RS256, which signs now", c)
	}
	all := ordersInput()
	all.ID, all.Identifier = fields.Text{}, fields.Text{}
	if c := change(all, true); c != (store.SigningChoice{Alg: store.RS256}) {
		t.Errorf("replaced without an algorithm: %+v, want RS256 at once", c)
	}
	known, err := w.db.SigningKeys(t.Context())
	if err != nil || len(known) != 3 {
		t.Errorf("%d keys, %v; want one of RS256, ES256 and Ed25519 each", len(known), err)
	}
	if _, err := w.Create(t.Context(), authz.Operator, Input{SigningAlg: fields.Given("HS256")}); fault(err, "signing_alg") == "" {
		t.Errorf("HS256: %v, want it refused", messages(err))
	}
	if _, err := w.Update(t.Context(), authz.Operator, store.OwnAPI, Input{SigningAlg: fields.Given(store.ES256)}, false); fault(err, "signing_alg") == "" {
		t.Errorf("for Gatehouse's own API: %v, want it refused", messages(err))
	}
}
