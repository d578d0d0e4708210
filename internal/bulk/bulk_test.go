package bulk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/bulk"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A rig has the services on a real database, with the administrator root.
type rig struct {
	*bulk.Service
	t      *testing.T
	db     *sqlstore.DB
	people *account.Service
	root   store.User
	// turns counts the changes of people, and after is called after each.
	turns atomic.Int64
	after func(turn int64)
	// before is called before each batch.
	before func()
}

func onEach(t *testing.T, run func(*testing.T, *rig)) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": testdb.Ready, "mysql": testdb.MySQL} {
		t.Run(name, func(t *testing.T) { run(t, open(t, dsn(t))) })
	}
}

func open(t *testing.T, dsn string) *rig {
	t.Helper()
	now, log := testkit.Clock(), slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: now, Log: log, Timeout: 20 * time.Second})
	if err == nil {
		t.Cleanup(func() { _ = db.Close() })
		err = db.Migrate(t.Context())
	}
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	ends := &ending.Service{DB: db, Rotations: db.Rotations(), Now: now, Log: log}
	r := &rig{t: t, db: db, people: &account.Service{
		DB: db, Ends: ends, Policy: password.Policy{MinLength: 8}, Now: now, Log: log, Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})},
		Limits: &throttle.Limiter{Store: db.Throttles(), Fallback: throttle.NewMemory(now), Rules: throttle.DefaultRules(), Now: now, Log: log},
	}}
	r.Service = &bulk.Service{DB: db, People: watched{r.people, r}, Sessions: &session.Service{DB: db, Ends: ends, Now: now, Log: log}, Now: now, Log: log}
	r.root = r.person("root", store.RoleAdmin)
	return r
}

// watched counts the changes.
type watched struct {
	*account.Service
	rig *rig
}

func (w watched) Change(ctx context.Context, actor authz.Actor, target store.User, in account.Input, all bool) (store.User, error) {
	u, err := w.Service.Change(ctx, actor, target, in, all)
	if turn := w.rig.turns.Add(1); w.rig.after != nil {
		w.rig.after(turn)
	}
	return u, err
}

func (w watched) Batch(ctx context.Context, parameters url.Values, after *store.UserPosition, upTo int64, n int) (account.Batch, error) {
	if w.rig.before != nil {
		w.rig.before()
	}
	return w.Service.Batch(ctx, parameters, after, upTo, n)
}

func (r *rig) person(name string, role store.Role) store.User {
	r.t.Helper()
	u := store.User{
		Sub: name, Username: name, UsernameKey: name, Email: name + "@a.example", EmailKey: name + "@a.example", Role: role, Active: true, JoinedAt: r.Now(),
	}
	r.must("adding "+name, r.db.Write(r.t.Context(), func(tx store.Tx) (err error) {
		u.ID, err = tx.CreateUser(u)
		return err
	}))
	return u
}

func (r *rig) crowd(n int) {
	r.t.Helper()
	for i := range n {
		r.person(fmt.Sprintf("many%03d", i), store.RoleUser)
	}
}

func (r *rig) must(what string, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("this step failed: %s: %v", what, err)
	}
}

func (r *rig) actor() authz.Actor {
	return authz.Actor{UserID: r.root.ID, Sub: r.root.Sub, Role: store.RoleAdmin, Scope: authz.ForRole(store.RoleAdmin)}
}

func (r *rig) begin(act bulk.Act, to bulk.Selection) string {
	r.t.Helper()
	id, err := r.Begin(r.t.Context(), r.actor(), act, to)
	r.must("beginning the act", err)
	return id
}

// work runs a replica until the act is over, or until the replica is told to end.
func (r *rig) work(ctx context.Context, id string) store.BulkJob {
	r.t.Helper()
	ctx, end := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		r.Run(ctx, 10*time.Millisecond)
	}()
	testkit.Within(r.t, time.Minute, "the act is over", func() error {
		if j := r.job(id); ctx.Err() == nil && j.FinishedAt.IsZero() {
			return fmt.Errorf("%d of %d people had their turn", j.Seen(), j.Expected)
		}
		return nil
	})
	end()
	<-over
	return r.job(id)
}

func (r *rig) job(id string) store.BulkJob {
	r.t.Helper()
	j, err := r.db.BulkJobByID(context.Background(), id)
	r.must("reading the act", err)
	return j
}

// events returns the details of the events of a kind.
func (r *rig) events(kind string) (details []string) {
	r.t.Helper()
	events, err := r.db.ListAudit(r.t.Context(), store.AuditQuery{Kind: kind, Limit: 1000})
	r.must("reading the audit log", err)
	for _, e := range events {
		details = append(details, string(e.Detail))
	}
	return details
}

func (r *rig) wantEnd(want audit.BulkEnded) {
	r.t.Helper()
	events := r.events("people.bulk_ended")
	text, err := json.Marshal(want)
	r.must("encoding the event", err)
	if len(events) != 1 || events[0] != string(text) {
		r.t.Errorf("the audit log has %v, want one event: %s", events, text)
	}
}

func (r *rig) active() int64 {
	r.t.Helper()
	page, err := r.db.ListUsers(r.t.Context(), store.UserQuery{Active: new(true), Limit: 1})
	r.must("counting", err)
	return page.Total
}

var everybody = bulk.Selection{Parameters: url.Values{}}

func TestEverybodyOfAFilterIsDeactivatedButTheOwner(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		r.crowd(45)
		r.person("other", store.RoleAdmin)
		forecast, err := r.Try(t.Context(), r.actor(), bulk.Deactivate, everybody)
		if err != nil || forecast.People != 46 || !forecast.Yourself {
			t.Fatalf("forecast %+v, %v; want 46 people without oneself", forecast, err)
		}
		id := r.begin(bulk.Deactivate, everybody)
		late := r.person("late", store.RoleUser)
		j := r.work(t.Context(), id)
		if j.Outcome != store.BulkDone || j.Changed != 46 || j.Skipped != 1 || j.Failed != 0 {
			t.Errorf("the act ended as %+v, want 46 changed and the owner skipped", j)
		}
		if n := r.active(); n != 2 {
			t.Errorf("%d are active, want the owner and the one who joined later", n)
		}
		if u, err := r.db.UserByID(t.Context(), late.ID); err != nil || !u.Active {
			t.Errorf("%+v, %v: want the one who joined later as before", u, err)
		}
		if n := len(r.events("user.updated")); n != 46 {
			t.Errorf("%d people have an event of their own, want 46", n)
		}
		r.wantEnd(audit.BulkEnded{Act: "deactivate", Outcome: "done", Expected: 46, Changed: 46, Skipped: 1})
	})
}

func TestAnActGoesOnWhereAnotherReplicaLeftIt(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		r.crowd(70)
		id := r.begin(bulk.Deactivate, bulk.Selection{Parameters: url.Values{"search": {"many"}}})
		ctx, end := context.WithCancel(t.Context())
		r.after = func(turn int64) {
			if turn == 33 {
				end()
			}
		}
		if j := r.work(ctx, id); !j.FinishedAt.IsZero() || j.Changed != 33 || !j.HeldUntil.IsZero() {
			t.Fatalf("after the end of the first replica: %+v, want 33 changed and the act free", j)
		}
		r.after = nil
		if j := r.work(t.Context(), id); j.Outcome != store.BulkDone || j.Changed != 70 || j.Failed != 0 {
			t.Errorf("the act ended as %+v, want 70 changed", j)
		}
		r.wantEnd(audit.BulkEnded{Act: "deactivate", Outcome: "done", Expected: 70, Changed: 70})
	})
}

func TestAnActIsLetGoOfBetweenTwoBatches(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		r.crowd(70)
		id := r.begin(bulk.Deactivate, bulk.Selection{Parameters: url.Values{"search": {"many"}}})
		ctx, end := context.WithCancel(t.Context())
		batches := 0
		r.before = func() {
			if batches++; batches == 3 {
				end()
			}
		}
		if j := r.work(ctx, id); !j.FinishedAt.IsZero() || j.Changed != 40 || !j.HeldUntil.IsZero() {
			t.Errorf("after the end of the replica: %+v, want 40 changed and the act free", j)
		}
	})
}

func TestAnActIsStopped(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		r.crowd(70)
		id := r.begin(bulk.Deactivate, bulk.Selection{Parameters: url.Values{"role": {"user"}}})
		r.after = func(turn int64) {
			if turn == 5 {
				stopped, err := r.Stop(t.Context(), r.actor(), id)
				if err != nil || !stopped {
					t.Errorf("stopping: %t, %v; want true", stopped, err)
				}
			}
		}
		j := r.work(t.Context(), id)
		if j.Outcome != store.BulkStopped || j.Changed != 20 {
			t.Errorf("the act ended as %+v, want it stopped after its first 20", j)
		}
		if n := r.active(); n != 51 {
			t.Errorf("%d are active, want 51", n)
		}
		r.wantEnd(audit.BulkEnded{Act: "deactivate", Outcome: "stopped", Expected: 70, Changed: 20})
	})
}

func TestAnActStopsWhenItsOwnerLosesTheRole(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		r.crowd(70)
		r.person("other", store.RoleAdmin)
		id := r.begin(bulk.Deactivate, bulk.Selection{Parameters: url.Values{"role": {"user"}}})
		r.after = func(turn int64) {
			if turn != 5 {
				return
			}
			_, err := r.people.Change(t.Context(), authz.Operator, r.root, account.Input{Role: fields.Given("staff")}, false)
			r.must("taking the role away", err)
		}
		j := r.work(t.Context(), id)
		if j.Outcome != store.BulkRefused || j.Changed != 5 || j.Failed != 0 {
			t.Errorf("the act ended as %+v, want it refused after 5", j)
		}
	})
}

func TestPeopleAreChosenByNumber(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		a, b := r.person("a", store.RoleUser), r.person("b", store.RoleUser)
		to := bulk.Selection{IDs: []int64{a.ID, b.ID, r.root.ID, 999}}
		forecast, err := r.Try(t.Context(), r.actor(), bulk.Deactivate, to)
		if err != nil || forecast.People != 2 || len(forecast.Users) != 2 || !forecast.Yourself {
			t.Fatalf("forecast %+v, %v; want both without oneself", forecast, err)
		}
		if j := r.work(t.Context(), r.begin(bulk.Deactivate, to)); j.Outcome != store.BulkDone || j.Changed != 2 || j.Skipped != 1 {
			t.Errorf("the act ended as %+v, want two changed", j)
		}
		if _, err := r.Begin(t.Context(), r.actor(), bulk.Deactivate, to); !errors.Is(err, bulk.ErrNobody) {
			t.Errorf("beginning it again: %v, want %v", err, bulk.ErrNobody)
		}
	})
}

func TestSessionsOfManyEnd(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		a := r.person("a", store.RoleUser)
		r.person("b", store.RoleUser)
		r.must("adding a session", r.db.Write(t.Context(), func(tx store.Tx) error {
			return tx.CreateSession(store.Session{ID: "s", UserID: a.ID, ClientID: "shop", CreatedAt: r.Now(), ExpiresAt: r.Now().Add(time.Hour)})
		}))
		j := r.work(t.Context(), r.begin(bulk.EndSessions, bulk.Selection{Parameters: url.Values{"role": {"user"}}}))
		if j.Changed != 1 || j.Skipped != 1 {
			t.Errorf("the act ended as %+v, want the one with a session changed", j)
		}
		if living, err := r.db.ListSessions(t.Context(), a.ID, r.Now()); err != nil || len(living) != 0 {
			t.Errorf("living sessions %v, %v; want none", living, err)
		}
	})
}

func TestOthersMayNotActOnMany(t *testing.T) {
	r := open(t, testdb.Ready(t))
	staff := authz.Actor{UserID: 9, Role: store.RoleStaff, Scope: authz.ForRole(store.RoleStaff)}
	_, a := r.Try(t.Context(), staff, bulk.Deactivate, everybody)
	_, b := r.Begin(t.Context(), staff, bulk.Deactivate, everybody)
	_, c := r.Stop(t.Context(), staff, "x")
	_, d := r.Job(t.Context(), staff, "x")
	_, e := r.Jobs(t.Context(), staff, 1)
	for _, err := range []error{a, b, c, d, e} {
		if !errors.Is(err, authz.ErrDenied) {
			t.Errorf("staff got %v, want %v", err, authz.ErrDenied)
		}
	}
}
