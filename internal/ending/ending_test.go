package ending_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/audit"
	"gatehouse/internal/ending"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A rig ends sessions on a real database, and keeps what was forgotten.
type rig struct {
	*ending.Service
	db       *sqlstore.DB
	t        *testing.T
	now      time.Time
	ann      store.User
	forgot   []string
	away     bool
	observed int
}

func open(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: clock, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	r.db = db
	r.Service = &ending.Service{DB: db, Rotations: r, Observe: func(n int) { r.observed += n }, Now: clock, Log: log}
	r.ann = store.User{Sub: "ann's", Username: "ann", UsernameKey: "ann", EmailKey: "ann@example.com", Role: store.RoleUser, Active: true}
	r.write(func(tx store.Tx) (err error) {
		r.ann.ID, err = tx.CreateUser(r.ann)
		return errors.Join(err, tx.CreateClient(store.Client{ID: "shop", BackchannelLogoutURI: "https://shop.example.com/bye"}))
	})
	return r
}

func (r *rig) write(f func(store.Tx) error) {
	r.t.Helper()
	if err := r.db.Write(r.t.Context(), f); err != nil {
		r.t.Fatalf("writing to the database: %v", err)
	}
}

// Forget implements the rotations.
func (r *rig) Forget(_ context.Context, sids ...string) error {
	if r.away {
		return store.ErrUnavailable
	}
	r.forgot = append(r.forgot, sids...)
	return nil
}

// begin founds sessions of ann in the shop.
func (r *rig) begin(n int) (ids []string) {
	r.t.Helper()
	r.write(func(tx store.Tx) error {
		for range n {
			s := store.Session{
				ID: rand.Text(), UserID: r.ann.ID, ClientID: "shop", CreatedAt: r.now, ExpiresAt: r.now.Add(time.Hour), BrowserID: "B",
				Foundation: store.Foundation{Consent: store.Unread}, Rotation: store.Rotation{Gen: 1, ExpiresAt: r.now.Add(time.Hour)},
			}
			ids = append(ids, s.ID)
			if err := tx.CreateSession(s); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(ids)
	return ids
}

// end ends all that e names, as an act does.
func (r *rig) end(e store.End) store.EndResult {
	r.t.Helper()
	var result store.EndResult
	r.write(func(tx store.Tx) (err error) {
		result, err = r.All(r.t.Context(), tx, e)
		return err
	})
	r.Service.Forget(r.t.Context(), result)
	return result
}

// evidence returns how many events of each kind and detail there are about the subject.
func (r *rig) evidence(subject string) map[string]int {
	r.t.Helper()
	events, err := r.db.ListAudit(r.t.Context(), store.AuditQuery{Subject: subject, Limit: 1000})
	if err != nil {
		r.t.Fatalf("listing the events: %v", err)
	}
	found := map[string]int{}
	for _, e := range events {
		found[fmt.Sprint(e.Kind, " ", string(e.Detail), " by ", e.Actor)]++
	}
	return found
}

func (r *rig) wantEvidence(subject string, want map[string]int) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.evidence(subject)); diff != "" {
		r.t.Errorf("the events about %s (-want +got):\n%s", subject, diff)
	}
}

func TestAFewSessionsHaveAnEventEach(t *testing.T) {
	r := open(t)
	ids := r.begin(3)
	r.end(store.End{UserID: r.ann.ID, Reason: store.EndedPassword, At: r.now, Actor: "user:ann's", Sub: r.ann.Sub})
	r.wantEvidence(audit.UserSubject(r.ann.Sub), map[string]int{`session.ended {"reason":"password changed"} by user:ann's`: 3})
	slices.Sort(r.forgot)
	if !slices.Equal(r.forgot, ids) || r.observed != 3 {
		t.Errorf("forgotten %v, observed %d; want %v and 3", r.forgot, r.observed, ids)
	}
}

// What follows writes one event with the number, when it is done.
func TestManySessionsHaveOneEventWithTheirNumber(t *testing.T) {
	const many = store.EndAtOnce + 1
	r := open(t)
	ids := r.begin(many)
	r.end(store.End{ClientID: "shop", Reason: store.EndedClientAuth, At: r.now, Actor: "cli"})
	voided := map[string]int{`sessions.voided {"reason":"client authentication changed"} by cli`: 1}
	r.wantEvidence("client:shop", voided)
	for range 3 {
		if n, err := r.Sweep(t.Context(), r.now, 50); err != nil || n > 50 {
			t.Fatalf("a batch dealt with %d rows, %v; want at most 50", n, err)
		}
	}
	slices.Sort(r.forgot)
	if !slices.Equal(r.forgot, ids) || r.observed != many {
		t.Errorf("%d sessions forgotten, %d observed; want all %d", len(r.forgot), r.observed, many)
	}
	r.now = r.now.Add(time.Minute)
	if n, err := r.Sweep(t.Context(), r.now, 50); err != nil || n != 0 {
		t.Fatalf("the last look dealt with %d rows, %v; want none", n, err)
	}
	voided[fmt.Sprintf(`sessions.ended {"reason":"client authentication changed","sessions":%d} by cli`, many)] = 1
	r.wantEvidence("client:shop", voided)
	due, err := r.db.ClaimNotices(t.Context(), "shop", r.now, r.now.Add(time.Hour), 1000)
	if err != nil || len(due) != many {
		t.Errorf("%d notices are owed, %v; want %d", len(due), err, many)
	}
}

func TestADeletedAppIsOwedItsNotices(t *testing.T) {
	for _, n := range []int{2, store.EndAtOnce + 1} {
		r := open(t)
		r.begin(n)
		r.write(func(tx store.Tx) error {
			if _, err := r.All(t.Context(), tx, store.End{ClientID: "shop", Reason: store.EndedClientDeleted, At: r.now, Actor: "cli"}); err != nil {
				return err
			}
			return tx.DeleteClient("shop", r.now)
		})
		for range 5 {
			if _, err := r.Sweep(t.Context(), r.now, 50); err != nil {
				t.Fatalf("following: %v", err)
			}
		}
		due, err := r.db.ClaimNotices(t.Context(), "shop", r.now, r.now.Add(time.Hour), 1000)
		if err != nil || len(due) != n || due[0].URI != "https://shop.example.com/bye" || due[0].Sub != r.ann.Sub {
			t.Errorf("%d sessions: %d notices are owed, %v; want one for each, to the address that the app had", n, len(due), err)
		}
	}
}

func TestABrowserSessionEndsOnceWithItsSessions(t *testing.T) {
	r := open(t)
	r.write(func(tx store.Tx) error {
		return tx.CreateBrowser(store.BrowserSession{ID: "B", UserID: r.ann.ID, Cookie: store.DigestOf("c"), ExpiresAt: r.now.Add(time.Hour)})
	})
	r.begin(2)
	for _, want := range []int{2, 0} {
		result := r.end(store.End{BrowserID: "B", Reason: store.EndedLogout, At: r.now, Actor: "user:ann's", Sub: r.ann.Sub})
		if len(result.Sessions) != want {
			t.Errorf("%d sessions ended, want %d", len(result.Sessions), want)
		}
	}
	r.wantEvidence(audit.UserSubject(r.ann.Sub), map[string]int{
		`browser.ended {"reason":"logout","sessions":2} by user:ann's`: 1, `session.ended {"reason":"logout"} by user:ann's`: 2,
	})
}

// The record has ended the sessions, so the act succeeds without Redis.
func TestAnEndNeedsNoRedis(t *testing.T) {
	r := open(t)
	r.begin(1)
	r.away = true
	r.end(store.End{UserID: r.ann.ID, Reason: store.EndedByOwner, At: r.now, Sub: r.ann.Sub})
	if err := r.ForgetNow(t.Context(), "any"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("forgetting where it must succeed: %v, want ErrUnavailable", err)
	}
	if living, err := r.db.ListSessions(t.Context(), r.ann.ID, r.now); err != nil || len(living) != 0 {
		t.Errorf("%d sessions live, %v; want none", len(living), err)
	}
}

// jammed is a database in which the first end that is written fails.
type jammed struct {
	*sqlstore.DB
	failed bool
}

func (j *jammed) Write(ctx context.Context, f func(store.Tx) error) error {
	if !j.failed {
		j.failed = true
		return store.ErrUnavailable
	}
	return j.DB.Write(ctx, f)
}

func TestAnEndThatFailsHoldsUpNoOther(t *testing.T) {
	r := open(t)
	r.begin(store.EndAtOnce + 1)
	r.write(func(tx store.Tx) error { return tx.CreateClient(store.Client{ID: "other"}) })
	r.end(store.End{ClientID: "other", Reason: store.EndedClientAuth, At: r.now.Add(-time.Second), Actor: "cli"})
	r.end(store.End{ClientID: "shop", Reason: store.EndedClientAuth, At: r.now, Actor: "cli"})
	r.DB = &jammed{DB: r.db}
	if _, err := r.Sweep(t.Context(), r.now, 1000); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("an end that fails: %v, want ErrUnavailable", err)
	}
	if next, err := r.db.NextEnd(t.Context(), r.now); err != nil || next.ClientID != "shop" {
		t.Errorf("the next end is of %q, %v; want that of shop", next.ClientID, err)
	}
	if n, err := r.Sweep(t.Context(), r.now, 1000); err != nil || n != store.EndAtOnce+1 {
		t.Errorf("the sweep after that dealt with %d rows, %v; want all %d of the shop", n, err, store.EndAtOnce+1)
	}
	r.now = r.now.Add(2 * time.Minute)
	if _, err := r.Sweep(t.Context(), r.now, 1000); err != nil {
		t.Errorf("the last looks: %v, want none to fail", err)
	}
	if _, err := r.db.NextEnd(t.Context(), r.now.Add(time.Hour)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("afterwards: %v, want no pending end", err)
	}
}

// A session may end with another end before the one of its deleted app, or of its deleted
// user, has come to it.
func TestAnotherEndOwesTheNoticesOfADeletedApp(t *testing.T) {
	r := open(t)
	ids := r.begin(store.EndAtOnce + 1)
	r.write(func(tx store.Tx) error { return tx.DeleteClient("shop", r.now) })
	r.write(func(tx store.Tx) error {
		_, err := tx.EndSession(ids[0], r.ann.ID, store.EndedByOwner, r.now)
		return err
	})
	due, err := r.db.ClaimNotices(t.Context(), "shop", r.now, r.now.Add(time.Hour), 10)
	if err != nil || len(due) != 1 || due[0].URI != "https://shop.example.com/bye" || due[0].SessionID != ids[0] {
		t.Errorf("%+v are owed, %v; want one, to the address that the app had", due, err)
	}
}

func TestAnotherEndOwesTheNoticesOfADeletedUser(t *testing.T) {
	r := open(t)
	ids := r.begin(store.EndAtOnce + 1)
	r.write(func(tx store.Tx) error { return tx.DeleteUser(r.ann.ID) })
	r.write(func(tx store.Tx) error {
		_, err := tx.EndSession(ids[0], 0, store.EndedRevoked, r.now)
		return err
	})
	due, err := r.db.ClaimNotices(t.Context(), "shop", r.now, r.now.Add(time.Hour), 10)
	if err != nil || len(due) != 1 || due[0].Sub != r.ann.Sub {
		t.Errorf("%+v are owed, %v; want one about the user who is gone", due, err)
	}
}
