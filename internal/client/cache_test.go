package client_test

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/client"
	"gatehouse/internal/grant"
	"gatehouse/internal/session"
	"gatehouse/store"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// apps are registered clients.
type apps map[string]store.Client

func (a apps) ClientByID(_ context.Context, id string) (store.Client, error) {
	if c, ok := a[id]; ok {
		return c, nil
	}
	return store.Client{}, store.ErrNotFound
}

func TestClientsAreRememberedForLessThanTheRevocationBound(t *testing.T) {
	now := noon
	source := apps{"shop": {ID: "shop", Name: "before"}}
	clients := &client.Cache{Store: source, Now: func() time.Time { return now }}
	name := func() string {
		c, err := clients.ClientByID(t.Context(), "shop")
		if err != nil {
			return err.Error()
		}
		return c.Name
	}
	name()
	source["shop"] = store.Client{ID: "shop", Name: "after"}
	if got := name(); got != "before" {
		t.Errorf(`asked again at once: %q, want "before"`, got)
	}
	now = now.Add(time.Second)
	if got := name(); got != "after" {
		t.Errorf(`a second later: %q, want "after"`, got)
	}
	delete(source, "shop")
	now = now.Add(time.Second)
	if got := name(); got != store.ErrNotFound.Error() {
		t.Errorf("after the erasure: %q, want %q", got, store.ErrNotFound.Error())
	}
	source["shop"] = store.Client{ID: "shop", Name: "again"}
	if got := name(); got != "again" {
		t.Errorf(`an absent client was cached: %q, want "again"`, got)
	}
	now = now.Add(-time.Hour) // a clock set back does not make an entry fresh
	source["shop"] = store.Client{ID: "shop", Name: "earlier"}
	if got := name(); got != "earlier" {
		t.Errorf(`after the clock was set back: %q, want "earlier"`, got)
	}
}

func TestTheBuiltInClientCannotBeReplaced(t *testing.T) {
	source := apps{session.AccountsID: {ID: session.AccountsID, AuthMethod: store.SecretBasic, GrantTypes: grant.Names()}}
	clients := &client.Cache{Store: source, Now: func() time.Time { return noon }}
	got, err := clients.ClientByID(t.Context(), session.AccountsID)
	if err != nil || !got.Public() || len(got.GrantTypes) != 0 {
		t.Errorf("got %+v, %v; want the public client without grant types", got, err)
	}
}
