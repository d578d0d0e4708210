package storetest

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
)

func hourly() []promise {
	return []promise{
		{"counts add up, apps apart", "AddHourly Hourly", hourlyAdded},
		{"counts of many keys are one act", "AddHourly", hourlyMany},
		{"two replicas that add at once lose nothing", "AddHourly", hourlyAtOnce},
		{"a sample replaces the one of its hour", "SetHourly", hourlySampled},
		{"the busiest apps come alone", "HourlyOfBusiest", hourlyBusiest},
		{"an app has used what it was counted with", "Uses", hourlyUses},
		{"people who signed in lately are counted", "CountActive", activeCounted},
		{"old hours are swept whole", "SweepHourly", hourlySwept},
	}
}

// hourAgo is the beginning of the hour so many hours before odd().
func hourAgo(n int) time.Time { return odd().Truncate(time.Hour).Add(-time.Duration(n) * time.Hour) }

func newHourly(kind store.Happening, clientID, detail string, ago int, n int64) store.HourlyCount {
	return store.HourlyCount{HourlyKey: store.HourlyKey{Kind: kind, ClientID: clientID, Detail: detail}, Hour: hourAgo(ago), N: n}
}

func addHourly(t *testing.T, db store.DB, counts ...store.HourlyCount) {
	t.Helper()
	if err := db.AddHourly(t.Context(), counts...); err != nil {
		t.Fatalf("adding counts: %v", err)
	}
}

// wantHourly wants those counts of a kind within the last two days.
func wantHourly(t *testing.T, what string, db store.DB, kind store.Happening, want ...store.HourlyCount) {
	t.Helper()
	got, err := db.Hourly(t.Context(), kind, hourAgo(48))
	if err != nil {
		t.Fatalf("reading counts: %v", err)
	}
	same(t, what, got, want)
}

func hourlyAdded(t *testing.T, db store.DB) {
	addHourly(t, db)
	addHourly(t, db, newHourly(store.Tokens, "shop", "password", 1, 3), newHourly(store.Tokens, "Shop", "password", 1, 10), newHourly(store.Tokens, "shop", "refresh_token", 1, 5),
		newHourly(store.SignIns, "", "ok", 1, 1000), newHourly(store.Tokens, "shop", "password", 2, 1), newHourly(store.Tokens, "shop", "password", 49, 1))
	addHourly(t, db, newHourly(store.Tokens, "shop", "password", 1, 4))
	wantHourly(t, "tokens", db, store.Tokens,
		newHourly(store.Tokens, "", "password", 2, 1), newHourly(store.Tokens, "", "password", 1, 17), newHourly(store.Tokens, "", "refresh_token", 1, 5))
	wantHourly(t, "sign-ins", db, store.SignIns, newHourly(store.SignIns, "", "ok", 1, 1000))
	wantHourly(t, "refusals", db, store.Refusals)
}

func hourlyMany(t *testing.T, db store.DB) {
	var counts []store.HourlyCount
	for i := range 250 {
		counts = append(counts, newHourly(store.Scopes, "app-"+strconv.Itoa(i), "openid", 0, int64(i)))
	}
	addHourly(t, db, counts...)
	addHourly(t, db, counts...)
	wantHourly(t, "scopes", db, store.Scopes, newHourly(store.Scopes, "", "openid", 0, 250*249))
}

// hourlyAtOnce adds the same keys in opposite orders.
func hourlyAtOnce(t *testing.T, db store.DB) {
	const replicas, rounds = 4, 10
	shop, other := newHourly(store.Tokens, "shop", "password", 0, 1), newHourly(store.Tokens, "other", "password", 0, 2)
	errs := make([]error, replicas)
	var wg sync.WaitGroup
	for r := range replicas {
		wg.Go(func() {
			for i := range rounds {
				both := []store.HourlyCount{shop, other}
				if (r+i)%2 == 0 {
					both = []store.HourlyCount{other, shop}
				}
				errs[r] = errors.Join(errs[r], db.AddHourly(t.Context(), both...))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("adding counts at once: %v, want no error", err)
	}
	wantHourly(t, "tokens", db, store.Tokens, newHourly(store.Tokens, "", "password", 0, 3*replicas*rounds))
}

func hourlySampled(t *testing.T, db store.DB) {
	for _, n := range []int64{184_302, 7} {
		if err := db.SetHourly(t.Context(), newHourly(store.LivingSessions, "", "", 0, n), newHourly(store.ActivePeople, "", "", 0, 2*n)); err != nil {
			t.Fatalf("recording a sample: %v", err)
		}
	}
	wantHourly(t, "sessions", db, store.LivingSessions, newHourly(store.LivingSessions, "", "", 0, 7))
	wantHourly(t, "people", db, store.ActivePeople, newHourly(store.ActivePeople, "", "", 0, 14))
}

func hourlyBusiest(t *testing.T, db store.DB) {
	addHourly(t, db, newHourly(store.Tokens, "few", "password", 0, 5), newHourly(store.Tokens, "many", "password", 1, 4), newHourly(store.Tokens, "many", "refresh_token", 1, 3),
		newHourly(store.Tokens, "many", "password", 0, 1), newHourly(store.Tokens, "once", "password", 48, 100), newHourly(store.Scopes, "few", "openid", 0, 100))
	for n, want := range map[int][]store.HourlyCount{
		1: {newHourly(store.Tokens, "many", "", 1, 7), newHourly(store.Tokens, "many", "", 0, 1)},
		3: {newHourly(store.Tokens, "few", "", 0, 5), newHourly(store.Tokens, "many", "", 1, 7), newHourly(store.Tokens, "many", "", 0, 1)},
	} {
		got, err := db.HourlyOfBusiest(t.Context(), store.Tokens, hourAgo(24), n)
		if err != nil {
			t.Fatalf("reading the busiest %d: %v", n, err)
		}
		same(t, "the busiest", got, want)
	}
}

func hourlyUses(t *testing.T, db store.DB) {
	addHourly(t, db, newHourly(store.Tokens, "shop", "password", 9, 2), newHourly(store.Tokens, "shop", "password", 3, 1), newHourly(store.Scopes, "shop", "openid", 3, 3),
		newHourly(store.Scopes, "shop", "email", 24*31, 3), newHourly(store.Tokens, "other", "password", 1, 5))
	got, err := db.Uses(t.Context(), "shop", hourAgo(24*30))
	if err != nil {
		t.Fatalf("reading what an app used: %v", err)
	}
	of := func(kind store.Happening, detail string, n int64) store.Use {
		return store.Use{HourlyKey: store.HourlyKey{Kind: kind, ClientID: "shop", Detail: detail}, N: n, Last: hourAgo(3)}
	}
	same(t, "uses", got, []store.Use{of(store.Scopes, "openid", 3), of(store.Tokens, "password", 3)})
}

func activeCounted(t *testing.T, db store.DB) {
	for name, last := range map[string]time.Time{"ann": odd(), "ben": odd().Add(-time.Hour), "never": {}} {
		u := newUser(name)
		u.LastLoginAt, u.Active = last, true
		create(t, db, u)
	}
	gone := newUser("gone")
	gone.LastLoginAt, gone.Active = odd(), false
	create(t, db, gone)
	staff := newUser("stan")
	staff.LastLoginAt, staff.Active, staff.Role = odd(), true, store.RoleStaff
	create(t, db, staff)
	for since, want := range map[time.Time]int64{odd(): 2, odd().Add(-time.Hour): 3} {
		if got, err := db.CountActive(t.Context(), since); err != nil || got != want {
			t.Errorf("active since %s: %d, %v; want %d", since, got, err, want)
		}
	}
}

func hourlySwept(t *testing.T, db store.DB) {
	for ago := range 3 {
		addHourly(t, db, newHourly(store.Tokens, "a", "password", ago, 1), newHourly(store.Tokens, "b", "password", ago, 1), newHourly(store.SignIns, "", "ok", ago, 1))
	}
	if n, err := db.SweepHourly(t.Context(), hourAgo(0), 1); err != nil || n != 3 {
		t.Errorf("sweeping one: %d, %v; want the three of its hour", n, err)
	}
	wantHourly(t, "tokens", db, store.Tokens, newHourly(store.Tokens, "", "password", 1, 2), newHourly(store.Tokens, "", "password", 0, 2))
	if n, err := db.SweepHourly(t.Context(), hourAgo(0), 100); err != nil || n != 3 {
		t.Errorf("sweeping the rest: %d, %v; want 3", n, err)
	}
	wantHourly(t, "tokens", db, store.Tokens, newHourly(store.Tokens, "", "password", 0, 2))
}
