package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
)

func marked(t *testing.T, db store.DB) {
	people := crowd(t, db, 60)
	for _, verified := range []*bool{nil, new(true), new(false)} {
		for _, second := range []*bool{nil, new(true), new(false)} {
			for _, q := range []store.UserQuery{
				{OrderBy: store.ByUsername},
				{OrderBy: store.ByUsername, Descending: true, Role: store.RoleUser, IdleSince: odd().Add(2 * time.Millisecond)},
				{OrderBy: store.ByLastLogin, Active: new(true), IdleSince: odd().Add(time.Millisecond)},
				{OrderBy: store.ByID, UpTo: people[40].ID},
				{OrderBy: store.ByID, Search: []string{"b.ex"}},
				{OrderBy: store.ByMatch, Search: []string{"b.ex"}, Role: store.RoleUser},
			} {
				q.Verified, q.Second, q.Limit = verified, second, 7
				want := q
				if q.OrderBy == store.ByMatch { // of few people
					want.OrderBy = store.ByUsername
				}
				walk(t, db, q, selected(people, want))
			}
		}
	}
}

func countedTo(t *testing.T, db store.DB) {
	crowd(t, db, 30)
	for _, q := range []store.UserQuery{
		{OrderBy: store.ByUsername, Verified: new(true)},
		{OrderBy: store.ByMatch, Search: []string{"b.ex"}},
		{OrderBy: store.ByMatch, Search: []string{"o'neill"}, Active: new(true)},
	} {
		q.Limit = 1
		count := func(most int64) store.UserPage {
			q.Most = most
			page, err := db.ListUsers(t.Context(), q)
			if err != nil {
				t.Fatalf("listing the users of %+v: %v", q, err)
			}
			return page
		}
		all := count(0).Total
		for most, want := range map[int64]int64{store.Uncounted: 0, 3: 3, all - 1: all - 1, 100: all} {
			if got := count(most); got.Total != want || got.Beyond != (most > 0 && most < all) {
				t.Errorf("%+v: counted %d as far as %d, and beyond: %t; want %d", q, got.Total, most, got.Beyond, want)
			}
		}
	}
}

func matches(t *testing.T, db store.DB) {
	var want []string
	add := func(name, email, first, last string) {
		u := newUser(name)
		u.EmailKey, u.FirstName, u.LastName = email, first, last
		create(t, db, u)
		want = append(want, name)
	}
	// In the order in which "lin" finds them.
	add("lina", "z@lin.example", "Lin", "Lind")
	add("linz", "a@a.example", "A", "B")
	add("a2", "lin.a@a2.example", "Lin", "Lin")
	add("b2", "lin.b@a2.example", "A", "B")
	add("c3", "c3@linux.example", "A", "B")
	add("d3", "d3@linux.example", "Linda", "B")
	add("e4", "e4@a.example", "Lin", "B")
	add("f4", "f4@a.example", "Lin", "Lin")
	add("g5", "g5@a.example", "A", "Lindqvist")
	add("h6", "h6@a.example", "Jan Lin Lina Linda", "van Lind")
	add("i6", "i6@a.example", "Jan Linz", "B")
	found := len(want)
	add("nobody", "n@a.example", "Al", "in")
	for _, limit := range []int{1, 2, 3, 20} {
		var got []string
		q := store.UserQuery{Search: []string{"lin"}, OrderBy: store.ByMatch, Limit: limit}
		for more := true; more; {
			page, err := db.ListUsers(t.Context(), q)
			if err != nil {
				t.Fatalf("searching: %v", err)
			}
			if page.Total != int64(found) {
				t.Errorf("a total of %d, want %d", page.Total, found)
			}
			for _, u := range page.Users {
				got = append(got, u.UsernameKey)
			}
			more, q.After = page.More, &page.Last
		}
		same(t, fmt.Sprintf("pages of %d", limit), got, want[:found])
	}
	_, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByMatch, Limit: 1})
	_, back := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByMatch, Search: []string{"lin"}, Descending: true, Limit: 1})
	if err == nil || back == nil {
		t.Errorf("by match without a search, and backwards: %v, want two errors", errors.Join(err, back))
	}
}

// matchesFiltered: the words after the first, and the filter, count for each source.
func matchesFiltered(t *testing.T, db store.DB) {
	people := crowd(t, db, 60)
	for _, q := range []store.UserQuery{
		{Search: []string{"o'neill"}},
		{Search: []string{"uni", "o'neill"}},
		{Search: []string{"o'neill", "b.ex"}},
		{Search: []string{"o'neill"}, IdleSince: odd().Add(time.Millisecond), UpTo: people[50].ID},
		{Search: []string{"o'neill"}, Role: store.RoleStaff},
	} {
		q.OrderBy, q.Limit = store.ByMatch, 7
		byName := q
		byName.OrderBy, byName.Limit = store.ByID, 1000
		found, err := db.ListUsers(t.Context(), byName)
		if err != nil {
			t.Fatalf("listing the users of %+v: %v", byName, err)
		}
		got := map[int64]bool{}
		for more := true; more; {
			page, err := db.ListUsers(t.Context(), q)
			if err != nil {
				t.Fatalf("listing the users of %+v: %v", q, err)
			}
			for _, u := range page.Users {
				if got[u.ID] {
					t.Errorf("%+v: %s is on two pages, want one", q, u.Username)
				}
				got[u.ID] = true
			}
			more, q.After = page.More, &page.Last
		}
		if len(got) == 0 || len(got) != len(found.Users) {
			t.Errorf("%+v: found %d people, want %d and some", q, len(got), len(found.Users))
		}
	}
}
