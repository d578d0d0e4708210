package passkey_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/internal/passkey"
	"gatehouse/internal/test/authenticator"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// A first passkey is made at our own pages, by a verified person, in time, and by the answer
// to a challenge for that alone.
func TestWhatAFirstPasskeyDoesNotProve(t *testing.T) {
	d := open(t, testdb.Ready(t))
	kim := store.User{Sub: "sub-of-kim", Username: "kim"}
	for name, change := range map[string]func(*authenticator.Key){
		"another site's page":           func(k *authenticator.Key) { k.Origin = "https://evil.example.com" },
		"a page without TLS":            func(k *authenticator.Key) { k.Origin = "http://id.example.com" },
		"a website of ours elsewhere":   func(k *authenticator.Key) { k.Origin = "https://shop.example" },
		"a person who was not verified": func(k *authenticator.Key) { k.Verified = false },
	} {
		options, err := d.CreateFirst(t.Context(), kim)
		d.must("asking for options", err)
		key := authenticator.New(t, origin)
		change(key)
		if _, _, err := d.CreatedFirst(t.Context(), key.Create(options)); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", name, err)
		}
	}
	anns, err := d.Create(t.Context(), d.ann)
	d.must("asking for ann's options", err)
	if _, _, err := d.CreatedFirst(t.Context(), authenticator.New(t, origin).Create(anns)); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("the challenge of somebody with an account: %v, want ErrRefused", err)
	}
	first, err := d.CreateFirst(t.Context(), kim)
	d.must("asking for options", err)
	if _, err := d.Created(t.Context(), d.ann, authenticator.New(t, origin).Create(first)); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("the challenge of a newcomer for ann: %v, want ErrRefused", err)
	}
	sub, made, err := d.CreatedFirst(t.Context(), authenticator.New(t, origin).Create(first))
	if err != nil || sub != kim.Sub || len(made.ID) == 0 {
		t.Errorf("the first passkey is for %q, %v; want it for %q", sub, err, kim.Sub)
	}
	late, err := d.CreateFirst(t.Context(), kim)
	d.must("asking for options", err)
	d.later = passkey.Life + time.Second
	if _, _, err := d.CreatedFirst(t.Context(), authenticator.New(t, origin).Create(late)); !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("an answer that comes late: %v, want ErrRefused", err)
	}
}
