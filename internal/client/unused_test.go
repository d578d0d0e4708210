package client

import (
	"errors"
	"testing"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// dynamic registers an app that asks for it itself.
func (w *world) dynamic(t *testing.T) Credentials {
	t.Helper()
	made, err := w.Register(t.Context(), Metadata{Input: Input{RedirectURIs: fields.Listed("https://app.example/cb")}}, Admission{From: "192.0.2.0/24"})
	if err != nil {
		t.Fatalf("registering an app: %v", err)
	}
	return made
}

func (w *world) swept(t *testing.T) int64 {
	t.Helper()
	n, err := w.SweepUnused(t.Context(), w.now, 100)
	if err != nil {
		t.Fatalf("sweeping unused apps: %v", err)
	}
	return n
}

func TestUnusedAppsAreSwept(t *testing.T) {
	w := open(t)
	w.KeepUnused = 40 * 24 * time.Hour
	never, used, blocked, adopted := w.dynamic(t), w.dynamic(t), w.dynamic(t), w.dynamic(t)
	kept, _, err := w.Create(t.Context(), authz.Operator, shop())
	if err != nil {
		t.Fatalf("creating an app: %v", err)
	}
	err = w.db.Write(t.Context(), func(tx store.Tx) error {
		b, a := blocked.Client, adopted.Client
		b.Disabled, a.Origin = true, store.OriginRegistered
		return errors.Join(tx.PutClient(b), tx.PutClient(a))
	})
	if err != nil {
		t.Fatalf("blocking one and adopting one: %v", err)
	}
	w.now = w.now.Add(neverKeep)
	if err := w.db.UsedClients(t.Context(), []string{used.Client.ID}, w.now); err != nil {
		t.Fatalf("noting a use: %v", err)
	}
	for _, step := range []struct {
		after time.Duration
		want  int64
		gone  string
	}{
		{0, 0, ""}, {time.Millisecond, 1, never.Client.ID}, {w.KeepUnused - time.Millisecond, 0, ""}, {time.Millisecond, 1, used.Client.ID}, {400 * 24 * time.Hour, 0, ""},
	} {
		w.now = w.now.Add(step.after)
		if n := w.swept(t); n != step.want {
			t.Errorf("%s later: %d swept, want %d", step.after, n, step.want)
		}
		if step.gone == "" {
			continue
		}
		events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: "client.deleted", Subject: "client:" + step.gone, Limit: 9})
		if err != nil || len(events) != 1 || events[0].Actor != "system" {
			t.Errorf("the evidence: %+v, %v; want one event of the system", events, err)
		}
	}
	for _, id := range []string{kept.ID, blocked.Client.ID, adopted.Client.ID} {
		if _, err := w.Get(t.Context(), id); err != nil {
			t.Errorf("looking up %s: %v, want it kept", id, err)
		}
	}
}
