package client

import (
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/keys"
	"gatehouse/store"
)

// openRing gives w a ring whose keys are published for an hour before they sign.
func (w *world) openRing(t *testing.T) {
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

// An administrator may choose any algorithm for an app's ID tokens. An app itself may choose
// those that have keys already, and is told of no other.
func TestTheAlgorithmOfIDTokens(t *testing.T) {
	w := open(t)
	w.openRing(t)
	dynamic := func(algorithm string) (store.SigningChoice, error) {
		in := Input{RedirectURIs: fields.Listed("https://app.example/cb"), IDTokenAlg: fields.Given(algorithm)}
		made, err := w.Register(t.Context(), Metadata{Input: in}, Admission{From: "192.0.2.0/24"})
		return made.Client.IDTokenSigning, err
	}
	if _, err := dynamic(store.ES256); fault(err, idTokenAlg) != "Only RS256 is supported." {
		t.Errorf("an app chooses an algorithm without keys: %v, want that only RS256 is supported", err)
	}
	in := shop()
	in.IDTokenAlg = fields.Given(store.ES256)
	made, _, err := w.Create(t.Context(), authz.Operator, in)
	want := store.SigningChoice{Alg: store.ES256, Before: store.RS256, From: w.now.Add(time.Hour)}
	if err != nil || made.IDTokenSigning != want {
		t.Fatalf("an administrator chooses it: %+v, %v; want %+v", made.IDTokenSigning, err, want)
	}
	if got, err := dynamic(store.ES256); err != nil || got != want {
		t.Errorf("an app chooses it then: %+v, %v; want %+v", got, err, want)
	}
	if _, err := dynamic("EdDSA"); fault(err, idTokenAlg) != "Only RS256, ES256 are supported." {
		t.Errorf("an app chooses another: %v, want that RS256 and ES256 are supported", err)
	}
	if got, err := w.Get(t.Context(), made.ID); err != nil || got.IDTokenSigning != want {
		t.Errorf("on record: %+v, %v; want %+v", got.IDTokenSigning, err, want)
	}
	w.now = w.now.Add(time.Hour)
	changed, _, err := w.Update(t.Context(), authz.Operator, made.ID, Input{IDTokenAlg: fields.Given("EdDSA")}, false)
	if next := (store.SigningChoice{Alg: store.Ed25519, Before: store.ES256, From: w.now.Add(time.Hour)}); err != nil || changed.IDTokenSigning != next {
		t.Errorf("changed: %+v, %v; want %+v", changed.IDTokenSigning, err, next)
	}
	replaced, _, err := w.Update(t.Context(), authz.Operator, made.ID, shop(), true)
	if err != nil || replaced.IDTokenSigning != byDefault() {
		t.Errorf("replaced: %+v, %v; want the default at once", replaced.IDTokenSigning, err)
	}
}

// An app that replaces its registration (RFC 7592 §2.2) keeps what it names again, and gets the
// default for what it does not.
func TestAnAppReplacesItsAlgorithm(t *testing.T) {
	w := open(t)
	w.openRing(t)
	if _, err := w.Keys.Choose(t.Context(), store.PS256, "cli"); err != nil {
		t.Fatalf("choosing PS256: %v", err)
	}
	in := Input{RedirectURIs: fields.Listed("https://app.example/cb"), IDTokenAlg: fields.Given(store.PS256)}
	made, err := w.Register(t.Context(), Metadata{Input: in}, Admission{From: "192.0.2.0/24"})
	if err != nil || made.Client.IDTokenSigning.Alg != store.PS256 {
		t.Fatalf("registering: %+v, %v; want PS256", made.Client.IDTokenSigning, err)
	}
	in.ID = fields.Given(made.Client.ID)
	w.now = w.now.Add(time.Minute)
	same, err := w.Replace(t.Context(), made.Client.ID, made.Token, Metadata{Input: in})
	if err != nil || same.Client.IDTokenSigning != made.Client.IDTokenSigning {
		t.Errorf("named again: %+v, %v; want %+v as before", same.Client.IDTokenSigning, err, made.Client.IDTokenSigning)
	}
	in.IDTokenAlg = fields.Text{}
	other, err := w.Replace(t.Context(), made.Client.ID, made.Token, Metadata{Input: in})
	if err != nil || other.Client.IDTokenSigning != byDefault() {
		t.Errorf("not named: %+v, %v; want the default", other.Client.IDTokenSigning, err)
	}
}
