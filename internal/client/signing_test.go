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

// Refresh tokens are signed with an algorithm whose signatures are the same each time. Whoever
// chooses one of the others learns which there are, and brings no ring about.
func TestTheAlgorithmOfRefreshTokens(t *testing.T) {
	w := open(t)
	w.openRing(t)
	in := shop()
	in.RefreshAlg = fields.Given("EdDSA")
	made, _, err := w.Create(t.Context(), authz.Operator, in)
	want := store.SigningChoice{Alg: store.Ed25519, Before: store.RS256, From: w.now.Add(time.Hour)}
	if err != nil || made.RefreshSigning != want || made.IDTokenSigning != byDefault() {
		t.Fatalf("created: refresh tokens %+v, ID tokens %+v, %v; want %+v for refresh tokens alone", made.RefreshSigning, made.IDTokenSigning, err, want)
	}
	update := func(in Input, replaceAll bool) (store.Client, error) {
		is, _, err := w.Update(t.Context(), authz.Operator, made.ID, in, replaceAll)
		return is, err
	}
	for _, algorithm := range []string{store.ES256, store.PS256, "HS256", "none", ""} {
		if _, err := update(Input{RefreshAlg: fields.Given(algorithm)}, false); fault(err, refreshAlg) != "Choose RS256 or Ed25519." {
			t.Errorf("refresh_token_alg %q: %v, want to choose RS256 or Ed25519", algorithm, err)
		}
	}
	if all, err := w.Keys.Algorithms(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("there are keys of %v, %v; want RS256 and Ed25519 alone", all, err)
	}
	if _, err := update(Input{Rotation: fields.Given(store.RotationAdopted)}, false); fault(err, refreshAlg) != "With the rotation adopted, only RS256 is supported." {
		t.Errorf("the rotation adopted with Ed25519: %v, want that only RS256 is supported with it", err)
	}
	if is, err := update(Input{Name: fields.Given("Other")}, false); err != nil || is.RefreshSigning != want {
		t.Errorf("another change: %+v, %v; want %+v as before", is.RefreshSigning, err, want)
	}
	if is, err := update(shop(), true); err != nil || is.RefreshSigning != byDefault() {
		t.Errorf("replaced: %+v, %v; want the default at once", is.RefreshSigning, err)
	}
}

// An app that registers itself cannot choose what its refresh tokens are signed with, and keeps
// what an administrator has chosen for it.
func TestAnAppDoesNotChooseTheAlgorithmOfItsRefreshTokens(t *testing.T) {
	w := open(t)
	w.openRing(t)
	m := Metadata{Input: Input{RedirectURIs: fields.Listed("https://app.example/cb")}}
	made, err := w.Register(t.Context(), m, Admission{From: "192.0.2.0/24"})
	if err != nil || made.Client.RefreshSigning != byDefault() {
		t.Fatalf("registering: %+v, %v; want the default", made.Client.RefreshSigning, err)
	}
	chosen, _, err := w.Update(t.Context(), authz.Operator, made.Client.ID, Input{RefreshAlg: fields.Given(store.Ed25519)}, false)
	if err != nil || chosen.RefreshSigning.Alg != store.Ed25519 {
		t.Fatalf("an administrator chooses: %+v, %v; want Ed25519", chosen.RefreshSigning, err)
	}
	m.ID = fields.Given(made.Client.ID)
	same, err := w.Replace(t.Context(), made.Client.ID, made.Token, m)
	if err != nil || same.Client.RefreshSigning != chosen.RefreshSigning {
		t.Errorf("the app replaces its metadata: %+v, %v; want %+v as before", same.Client.RefreshSigning, err, chosen.RefreshSigning)
	}
}
