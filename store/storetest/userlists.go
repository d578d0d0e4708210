package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

func userLists() []promise {
	return []promise{
		{"every order, either way, with every filter, page by page", "ListUsers", pages},
		{"every filter beside role and state", "ListUsers", marked},
		{"a total is counted as far as is asked for", "ListUsers", countedTo},
		{"what a search finds is ordered by where it finds it", "ListUsers", matches},
		{"what a search finds under a filter comes page by page", "ListUsers", matchesFiltered},
		{"search", "ListUsers", search},
		{"a search that finds nearly everybody", "ListUsers", broadSearch},
		{"a page after somebody who has gone", "ListUsers", goneOn},
		{"totals follow every change", "ListUsers CreateUser UpdateUser DeleteUser", totals},
		{"an unknown order is an error", "ListUsers", func(t *testing.T, db store.DB) {
			if _, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: "password_hash", Limit: 1}); err == nil {
				t.Error("ordering by an unknown column succeeded, want an error")
			}
		}},
	}
}

func total(t *testing.T, db store.DB, q store.UserQuery) int64 {
	t.Helper()
	q.OrderBy, q.Limit = store.ByID, 1
	page, err := db.ListUsers(t.Context(), q)
	if err != nil {
		t.Fatalf("listing the users: %v", err)
	}
	return page.Total
}

// crowd makes n people, many of whom are equal in the columns of the orders.
func crowd(t *testing.T, db store.DB, n int) []store.User {
	t.Helper()
	people := make([]store.User, 0, n)
	roles := []store.Role{store.RoleUser, store.RoleUser, store.RoleUser, store.RoleStaff, store.RoleAdmin}
	write(t, db, func(tx store.Tx) error {
		people = people[:0]
		for i := range n {
			u := newUser(fmt.Sprintf("%c%d", 'a'+rune(i*7%26), i))
			u.EmailKey = fmt.Sprintf("%d@%c.example", i*13%n, 'a'+rune(i%3))
			u.Role, u.Active = roles[i*3%len(roles)], i%4 != 0
			u.EmailVerified, u.Factors = i%5 != 1, store.Factors(i%8)
			u.JoinedAt = odd().Add(time.Duration(i*5%7) * time.Hour)
			u.LastLoginAt = time.Time{}
			if i%3 == 0 {
				u.LastLoginAt = odd().Add(time.Duration(i%5) * time.Millisecond)
			}
			id, err := tx.CreateUser(u)
			if err != nil {
				return err
			}
			u.ID = id
			people = append(people, u)
		}
		return nil
	})
	return people
}

// compare orders two people as the back-end must.
func compare(by store.UserOrder, a, b store.User) int {
	first := 0
	switch by {
	case store.ByUsername:
		first = strings.Compare(a.UsernameKey, b.UsernameKey)
	case store.ByEmail:
		first = strings.Compare(a.EmailKey, b.EmailKey)
	case store.ByJoined:
		first = a.JoinedAt.Compare(b.JoinedAt)
	case store.ByLastLogin:
		first = a.LastLoginAt.Compare(b.LastLoginAt)
	}
	return cmp.Or(first, cmp.Compare(a.ID, b.ID))
}

// position returns the position of u in an order.
func position(by store.UserOrder, u store.User) *store.UserPosition {
	p := &store.UserPosition{ID: u.ID}
	switch by {
	case store.ByUsername:
		p.Text = u.UsernameKey
	case store.ByEmail:
		p.Text = u.EmailKey
	case store.ByJoined:
		p.Millis = u.JoinedAt.UnixMilli()
	case store.ByLastLogin:
		if !u.LastLoginAt.IsZero() {
			p.Millis = u.LastLoginAt.UnixMilli()
		}
	}
	return p
}

func pages(t *testing.T, db store.DB) {
	people := crowd(t, db, 60)
	for _, by := range store.UserOrders() {
		for _, descending := range []bool{false, true} {
			for _, role := range []store.Role{"", store.RoleUser, store.RoleAdmin} {
				for _, active := range []*bool{nil, new(true), new(false)} {
					for _, search := range [][]string{nil, {"b.ex"}} {
						q := store.UserQuery{OrderBy: by, Descending: descending, Role: role, Active: active, Search: search, Limit: 7}
						walk(t, db, q, selected(people, q))
					}
				}
			}
		}
	}
}

// selected returns the people whom q selects, in order. It supports searches for domains.
func selected(people []store.User, q store.UserQuery) []store.User {
	var found []store.User
	for _, u := range people {
		_, domain, _ := strings.Cut(u.EmailKey, "@")
		if (q.Role == "" || u.Role == q.Role) && (q.Active == nil || u.Active == *q.Active) &&
			(q.Verified == nil || u.EmailVerified == *q.Verified) && (q.Second == nil || u.Factors.Second() == *q.Second) &&
			(q.IdleSince.IsZero() || u.LastLoginAt.Before(q.IdleSince)) && (q.UpTo == 0 || u.ID <= q.UpTo) &&
			(q.Search == nil || strings.HasPrefix(domain, q.Search[0])) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b store.User) int { return compare(q.OrderBy, a, b) })
	if q.Descending {
		slices.Reverse(found)
	}
	return found
}

// walk reads page after page, and wants them to hold the people in want.
func walk(t *testing.T, db store.DB, q store.UserQuery, want []store.User) {
	t.Helper()
	var got []store.User
	for {
		page, err := db.ListUsers(t.Context(), q)
		if err != nil {
			t.Fatalf("listing the users of %+v: %v", q, err)
		}
		if page.Total != int64(len(want)) {
			t.Fatalf("%+v: the total is %d, want %d", q, page.Total, len(want))
		}
		got = append(got, page.Users...)
		if !page.More {
			break
		}
		if len(page.Users) != q.Limit {
			t.Fatalf("%+v: a page before the last has %d people, want %d", q, len(page.Users), q.Limit)
		}
		q.After = position(q.OrderBy, page.Users[len(page.Users)-1])
		if q.OrderBy == store.ByMatch {
			q.After = &page.Last
		}
	}
	same(t, fmt.Sprintf("%+v", q), got, want)
}

func search(t *testing.T, db store.DB) {
	add := func(name, email, first, last string) {
		u := newUser(name)
		u.EmailKey, u.FirstName, u.LastName = email, first, last
		create(t, db, u)
	}
	add("ann", "ann@example.com", "Ann", "Müller")
	add("anna", "a.smith@mail.example.org", "Anna", "Smith")
	add("bob", "bob@example.com", "Robert", "Ann-Miller")
	add("zoë", "zoe@xn--e1afmkfd.com", "ZOË", "")
	add("jan", "j@example.net", "Jan María Ángel", "van der Berg-García")
	add("100%", "percent@x_y.com", "", "")
	add("\U0010FFFF", "last@z.com", "", "")
	tests := []struct {
		words []string
		want  []string
	}{
		{[]string{"ann"}, []string{"ann", "anna", "bob"}},
		{[]string{"anna"}, []string{"anna"}},
		{[]string{"ann", "bob"}, []string{"bob"}},
		{[]string{"ann", "smith", "a"}, []string{"anna"}},
		{[]string{"ann", "ann"}, []string{"ann", "anna", "bob"}},
		{[]string{"example.com"}, []string{"ann", "bob"}},
		{[]string{"ann@"}, []string{"ann"}},
		{[]string{"mül"}, []string{"ann"}},
		{[]string{"mul"}, []string{"ann"}}, // accents do not matter
		{[]string{"zoë"}, []string{"zoë"}},
		{[]string{"zo"}, []string{"zoë"}},
		{[]string{"%"}, nil},
		{[]string{"_"}, nil},
		{[]string{"100%"}, []string{"100%"}},
		{[]string{"\U0010FFFF"}, []string{"\U0010FFFF"}},
		{[]string{"smi", "zoe"}, nil},
		{[]string{"zoe"}, []string{"zoë"}},
		{[]string{"mill"}, []string{"bob"}}, // each word of a name has a beginning
		{[]string{"berg"}, []string{"jan"}},
		{[]string{"jan", "van", "der", "berg"}, []string{"jan"}},
		{[]string{"berg", "jan"}, []string{"jan"}},
		{[]string{"erg"}, nil},
		{[]string{"garcia", "ange"}, []string{"jan"}},
		{[]string{"nn"}, nil}, // a word must be a prefix
		{[]string{"\xff"}, nil},
		{[]string{"a\x00"}, nil},
		{[]string{"' OR 1=1 --"}, nil},
	}
	for _, tt := range tests {
		page, err := db.ListUsers(t.Context(), store.UserQuery{Search: tt.words, OrderBy: store.ByID, Limit: 10})
		if err != nil {
			t.Fatalf("searching for %q: %v", tt.words, err)
		}
		var got []string
		for _, u := range page.Users {
			got = append(got, u.UsernameKey)
		}
		same(t, fmt.Sprintf("%q", tt.words), got, tt.want)
		if page.Total != int64(len(tt.want)) || page.More {
			t.Errorf("%q: total %d, more %t; want %d and no more", tt.words, page.Total, page.More, len(tt.want))
		}
	}
	// A changed name is found by its new form only.
	ann, err := db.UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	update(t, db, ann.ID, store.UserChange{FirstName: new("Quentin"), LastName: new("ÅSE"), Email: new("q@new.net"), EmailKey: new("q@new.net")})
	for word, want := range map[string]int64{"quen": 1, "åse": 1, "new.n": 1, "ase": 1, "müller": 0, "muller": 0, "example.com": 1} {
		if n := total(t, db, store.UserQuery{Search: []string{word}}); n != want {
			t.Errorf("after the change, %q finds %d people, want %d", word, n, want)
		}
	}
}

// broadSearch: a back-end may find many people in another way than few.
func broadSearch(t *testing.T, db store.DB) {
	people := crowd(t, db, 1301)
	for _, q := range []store.UserQuery{
		{Search: []string{"o'neill"}, OrderBy: store.ByUsername},
		{Search: []string{"o'neill", "ünï"}, OrderBy: store.ByLastLogin, Descending: true, Active: new(true)},
		{Search: []string{"o'neill"}, OrderBy: store.ByID, Role: store.RoleStaff},
	} {
		q.Limit = 333
		all := q
		all.Search = nil
		walk(t, db, q, selected(people, all))
	}
}

// goneOn: the person at the position may have been deleted.
func goneOn(t *testing.T, db store.DB) {
	people := crowd(t, db, 9)
	by := store.UserQuery{OrderBy: store.ByUsername, Limit: 4}
	want := selected(people, by)
	page, err := db.ListUsers(t.Context(), by)
	if err != nil {
		t.Fatalf("listing the users: %v", err)
	}
	last := page.Users[len(page.Users)-1]
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(last.ID) })
	by.After, by.Limit = position(by.OrderBy, last), 10
	page, err = db.ListUsers(t.Context(), by)
	if err != nil {
		t.Fatalf("listing the users: %v", err)
	}
	same(t, "the rest", page.Users, want[4:])
}

func totals(t *testing.T, db store.DB) {
	people := crowd(t, db, 25)
	check := func(what string) {
		t.Helper()
		for _, role := range []store.Role{"", store.RoleUser, store.RoleStaff, store.RoleAdmin} {
			for _, active := range []*bool{nil, new(true), new(false)} {
				q := store.UserQuery{OrderBy: store.ByID, Role: role, Active: active}
				if got, want := total(t, db, q), int64(len(selected(people, q))); got != want {
					t.Errorf("%s: the total of %q and %v is %d, want %d", what, role, active, got, want)
				}
			}
		}
	}
	check("created")
	for i := range people[:10] {
		u := &people[i]
		u.Role, u.Active = store.RoleAdmin, !u.Active
		update(t, db, u.ID, store.UserChange{Role: &u.Role, Active: &u.Active})
	}
	check("changed")
	// Several acts in one transaction, one of which undoes another.
	write(t, db, func(tx store.Tx) error {
		id, err := tx.CreateUser(newUser("brief"))
		if err != nil {
			return err
		}
		if err := tx.UpdateUser(people[0].ID, store.UserChange{Role: new(store.RoleStaff)}); err != nil {
			return err
		}
		if err := tx.UpdateUser(people[0].ID, store.UserChange{Role: new(store.RoleUser)}); err != nil {
			return err
		}
		return tx.DeleteUser(id)
	})
	people[0].Role = store.RoleUser
	check("there and back")
	write(t, db, func(tx store.Tx) error {
		for _, u := range people[20:] {
			if err := tx.DeleteUser(u.ID); err != nil {
				return err
			}
		}
		return nil
	})
	people = people[:20]
	check("deleted")
}
