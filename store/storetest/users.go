package storetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

func users() []promise {
	return []promise{
		{"a person comes back as they were", "CreateUser UserByID UserBySub UserByName LockUser ListUsers", userRoundTrip},
		{"the longest name, in letters that fold into many", "CreateUser UpdateUser", longNames},
		{"an unknown person is not found", "UserByID UserBySub UserByName", nobody},
		{"several people by their subjects", "UsersBySub", severalUsers},
		{"usernames and addresses share one name space", "CreateUser", oneNameSpace},
		{"a person's address may be their username", "CreateUser", ownAddress},
		{"a change writes what it names and nothing else", "UpdateUser", namedChanges},
		{"a change of names", "UpdateUser", changedNames},
		{"a name that is taken changes nothing", "UpdateUser", takenName},
		{"a change with conditions", "UpdateUser", conditions},
		{"the number of a deleted person is not given again", "CreateUser DeleteUser", freshIDs},
		{"deleting also deletes names and sessions", "DeleteUser", deleted},
		{"deleting also deletes what belongs to the person", "DeleteUser", deletedWithAll},
		{"a profile comes back as it was", "UserByID UpdateUser", profileRoundTrip},
		{"the profile comes with the person, however they are read", "SessionWithUser UserByName LockUser", profileComesAlong},
		{"a profile and the conditions of a change", "UpdateUser", profileConditions},
		{"administrators", "HasAdmin OtherAdmin", administrators},
	}
}

// newUser returns a person with every field filled but the ID.
func newUser(name string) store.User {
	return store.User{
		Sub: rand.Text(), Username: name, UsernameKey: name,
		Email: name + "@Exämple.com", EmailKey: name + "@xn--exmple-cua.com", EmailVerified: true,
		FirstName: "Ünï ✓ 名", LastName: "O'Neill \\ % _", Role: store.RoleStaff, Active: true,
		PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$" + rand.Text(), PasswordStolen: true, Factors: store.FactorTOTP | store.FactorRecovery,
		JoinedAt: odd(), LastLoginAt: odd().Add(-time.Hour), UpdatedAt: odd().Add(-time.Minute),
		Profile: newProfile().Text(),
	}
}

// create adds u and returns it with its ID.
func create(t *testing.T, db store.DB, u store.User) store.User {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		u.ID, err = tx.CreateUser(u)
		return err
	})
	return u
}

func longNames(t *testing.T, db store.DB) {
	long, longer := strings.Repeat("\u3300", 150), strings.Repeat("\ufdfa", 150)
	u := newUser("ann")
	u.FirstName, u.LastName = long, longer
	u = create(t, db, u)
	update(t, db, u.ID, store.UserChange{FirstName: &longer, LastName: &long})
	if got := reread(t, db, u.ID); got.FirstName != longer || got.LastName != long {
		t.Errorf("names %q and %q, want %q and %q", got.FirstName, got.LastName, longer, long)
	}
	for what, word := range map[string]string{"first": "صلى", "last": "アパート"} {
		page, err := db.ListUsers(t.Context(), store.UserQuery{Search: []string{word}, Limit: 2})
		if err != nil || len(page.Users) != 1 {
			t.Errorf("searching for the %s name: %d people, %v; want 1", what, len(page.Users), err)
		}
	}
}

func update(t *testing.T, db store.DB, id int64, c store.UserChange) {
	t.Helper()
	write(t, db, func(tx store.Tx) error { return tx.UpdateUser(id, c) })
}

// reread returns the person as they are now.
func reread(t *testing.T, db store.DB, id int64) store.User {
	t.Helper()
	u, err := db.UserByID(t.Context(), id)
	if err != nil {
		t.Fatalf("looking up the user: %v", err)
	}
	return u
}

func userRoundTrip(t *testing.T, db store.DB) {
	never := newUser("never")
	never.LastLoginAt, never.Active, never.EmailVerified, never.FirstName = time.Time{}, false, false, ""
	for _, u := range []store.User{newUser("ann"), never} {
		u = create(t, db, u)
		if u.ID <= 0 {
			t.Fatalf("the ID is %d, want a positive one", u.ID)
		}
		if u.Username == "ann" {
			filled(t, u, "Generation")
		}
		ctx := t.Context()
		for what, read := range map[string]func() (store.User, error){
			"by ID":       func() (store.User, error) { return db.UserByID(ctx, u.ID) },
			"by subject":  func() (store.User, error) { return db.UserBySub(ctx, u.Sub) },
			"by username": func() (store.User, error) { return db.UserByName(ctx, u.UsernameKey) },
			"by address":  func() (store.User, error) { return db.UserByName(ctx, u.EmailKey) },
			"locked": func() (got store.User, err error) {
				err = db.Write(ctx, func(tx store.Tx) error { got, err = tx.LockUser(u.ID); return err })
				return got, err
			},
			"listed": func() (store.User, error) {
				page, err := db.ListUsers(ctx, store.UserQuery{Search: []string{u.UsernameKey}, OrderBy: store.ByID, Limit: 1})
				if err == nil && len(page.Users) != 1 {
					err = errors.New("not listed")
				}
				return append(page.Users, store.User{})[0], err
			},
		} {
			got, err := read()
			if err != nil {
				t.Errorf("%s: looking up the user: %v", what, err)
			}
			same(t, what, got, u)
		}
	}
}

func severalUsers(t *testing.T, db store.DB) {
	var subs []string
	want := map[string]store.User{}
	for i := range 60 { // more than one query has
		u := newUser(fmt.Sprintf("ann%d", i))
		u = create(t, db, u)
		want[u.Sub] = u
		subs = append(subs, u.Sub)
	}
	subs = append(subs, oddIDs("nobody")...)
	for name, asked := range map[string][]string{"all": subs, "one": subs[:1], "none": nil} {
		got, err := db.UsersBySub(t.Context(), asked)
		if err != nil || len(got) != min(len(asked), len(want)) {
			t.Fatalf("%s: %d people, %v; want those that exist, each once", name, len(got), err)
		}
		for _, u := range got {
			same(t, name, u, want[u.Sub])
		}
	}
}

func nobody(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	for _, id := range []int64{0, -1, ann.ID + 1} {
		_, err := db.UserByID(t.Context(), id)
		wantError(t, "UserByID", err, store.ErrNotFound)
	}
	for _, odd := range oddIDs(ann.Sub) {
		_, err := db.UserBySub(t.Context(), odd)
		if odd != ann.Sub {
			wantError(t, "UserBySub "+odd, err, store.ErrNotFound)
		}
	}
	for _, odd := range append(oddIDs("ann"), "ANN", "änn", "Ann") {
		if odd == "ann" {
			continue
		}
		_, err := db.UserByName(t.Context(), odd)
		wantError(t, "UserByName "+odd, err, store.ErrNotFound)
	}
	for what, f := range map[string]func(store.Tx) error{
		"LockUser":                func(tx store.Tx) error { _, err := tx.LockUser(ann.ID + 1); return err },
		"UpdateUser":              func(tx store.Tx) error { return tx.UpdateUser(ann.ID+1, store.UserChange{FirstName: new("x")}) },
		"UpdateUser of the class": func(tx store.Tx) error { return tx.UpdateUser(ann.ID+1, store.UserChange{Active: new(false)}) },
		"DeleteUser":              func(tx store.Tx) error { return tx.DeleteUser(ann.ID + 1) },
	} {
		wantError(t, what, db.Write(t.Context(), f), store.ErrNotFound)
	}
	same(t, "ann", reread(t, db, ann.ID), ann)
}

// wantTaken wants a *store.NameTaken that says which.
func wantTaken(t *testing.T, what string, err error, want store.NameTaken) {
	t.Helper()
	taken, ok := errors.AsType[*store.NameTaken](err)
	if !ok || *taken != want {
		t.Errorf("%s: err = %v, want %v", what, err, &want)
	}
}

func oneNameSpace(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	tests := []struct {
		what            string
		username, email string
		want            store.NameTaken
	}{
		{"her username", ann.UsernameKey, "free@x", store.NameTaken{Username: true}},
		{"her address", "free", ann.EmailKey, store.NameTaken{Email: true}},
		{"both", ann.UsernameKey, ann.EmailKey, store.NameTaken{Username: true, Email: true}},
		{"both, crossed", ann.EmailKey, ann.UsernameKey, store.NameTaken{Username: true, Email: true}},
		{"her address as a username", ann.EmailKey, "free@x", store.NameTaken{Username: true}},
		{"her username as an address", "free", ann.UsernameKey, store.NameTaken{Email: true}},
		{"her address as both", ann.EmailKey, ann.EmailKey, store.NameTaken{Username: true, Email: true}},
	}
	for _, tt := range tests {
		u := newUser("eve")
		u.UsernameKey, u.EmailKey = tt.username, tt.email
		err := db.Write(t.Context(), func(tx store.Tx) error { _, err := tx.CreateUser(u); return err })
		wantTaken(t, tt.what, err, tt.want)
		wantError(t, tt.what, err, store.ErrConflict)
	}
	same(t, "ann", reread(t, db, ann.ID), ann)
	if n := total(t, db, store.UserQuery{}); n != 1 {
		t.Errorf("the total is %d, want 1", n)
	}
	free := newUser("free")
	free.EmailKey = "free@x"
	create(t, db, free) // the refused people left no names behind
}

func ownAddress(t *testing.T, db store.DB) {
	ann := newUser("ann@x")
	ann.EmailKey = ann.UsernameKey
	ann = create(t, db, ann)
	got, err := db.UserByName(t.Context(), "ann@x")
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	same(t, "ann", got, ann)
	update(t, db, ann.ID, store.UserChange{Username: new("ann"), UsernameKey: new("ann")})
	for _, name := range []string{"ann", "ann@x"} {
		if _, err := db.UserByName(t.Context(), name); err != nil {
			t.Errorf("%s: looking up the user by name: %v", name, err)
		}
	}
	update(t, db, ann.ID, store.UserChange{Username: new("ann@x"), UsernameKey: new("ann@x")})
	_, err = db.UserByName(t.Context(), "ann")
	wantError(t, "the name given up", err, store.ErrNotFound)
}

func namedChanges(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	later := odd().Add(time.Hour + time.Millisecond)
	tests := []struct {
		what   string
		change store.UserChange
		want   func(*store.User)
	}{
		{"nothing", store.UserChange{}, func(*store.User) {}},
		{"nothing, if active", store.UserChange{IfActive: true}, func(*store.User) {}},
		{"username", store.UserChange{Username: new("Änn"), UsernameKey: new("änn")},
			func(u *store.User) { u.Username, u.UsernameKey = "Änn", "änn" }},
		{"address", store.UserChange{Email: new("A@B"), EmailKey: new("a@b")},
			func(u *store.User) { u.Email, u.EmailKey = "A@B", "a@b" }},
		{"unverified", store.UserChange{EmailVerified: new(false)}, func(u *store.User) { u.EmailVerified = false }},
		{"no first name", store.UserChange{FirstName: new("")}, func(u *store.User) { u.FirstName = "" }},
		{"last name", store.UserChange{LastName: new("Ørsted")}, func(u *store.User) { u.LastName = "Ørsted" }},
		{"role", store.UserChange{Role: new(store.RoleAdmin)}, func(u *store.User) { u.Role = store.RoleAdmin }},
		{"less of a role", store.UserChange{Role: new(store.RoleUser)}, func(u *store.User) { u.Role = store.RoleUser }},
		{"inactive", store.UserChange{Active: new(false)}, func(u *store.User) { u.Active = false }},
		{"password", store.UserChange{PasswordHash: new("other")}, func(u *store.User) { u.PasswordHash = "other" }},
		{"a password that was not stolen", store.UserChange{PasswordStolen: new(false)}, func(u *store.User) { u.PasswordStolen = false }},
		{"factors", store.UserChange{Factors: new(store.FactorPasskey)}, func(u *store.User) { u.Factors = store.FactorPasskey }},
		{"sign-in", store.UserChange{LastLoginAt: &later}, func(u *store.User) { u.LastLoginAt = later }},
		{"changed", store.UserChange{UpdatedAt: &later}, func(u *store.User) { u.UpdatedAt = later }},
		{"never signed in", store.UserChange{LastLoginAt: new(time.Time{})}, func(u *store.User) { u.LastLoginAt = time.Time{} }},
		{"several", store.UserChange{Active: new(true), LastName: new(""), Role: new(store.RoleStaff)},
			func(u *store.User) { u.Active, u.LastName, u.Role = true, "", store.RoleStaff }},
	}
	for _, tt := range tests {
		update(t, db, ann.ID, tt.change)
		tt.want(&ann)
		same(t, tt.what, reread(t, db, ann.ID), ann)
		update(t, db, ann.ID, tt.change) // the second time changes nothing, and is not an error
		same(t, tt.what+" again", reread(t, db, ann.ID), ann)
	}
}

func changedNames(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	ben := newUser("ben")
	old, oldAddress := ann.UsernameKey, ann.EmailKey
	update(t, db, ann.ID, store.UserChange{Username: new("anna"), UsernameKey: new("anna")})
	_, err := db.UserByName(t.Context(), old)
	wantError(t, "the old name", err, store.ErrNotFound)
	for _, name := range []string{"anna", oldAddress} {
		if u, err := db.UserByName(t.Context(), name); err != nil || u.ID != ann.ID {
			t.Errorf("%s: found user %v, %v; want %v", name, u.ID, err, ann.ID)
		}
	}
	ben.UsernameKey = old
	create(t, db, ben) // the old name is free
	// A person may swap their username and address.
	update(t, db, ann.ID, store.UserChange{Username: &oldAddress, UsernameKey: &oldAddress, Email: new("anna"), EmailKey: new("anna")})
	u, err := db.UserByName(t.Context(), "anna")
	if err != nil || u.ID != ann.ID || u.EmailKey != "anna" {
		t.Errorf("after swapping names: %+v, %v; want ann with the email anna", u, err)
	}
}

func takenName(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	for what, tt := range map[string]struct {
		change store.UserChange
		want   store.NameTaken
	}{
		"username": {store.UserChange{Username: new("Ben"), UsernameKey: &ben.UsernameKey}, store.NameTaken{Username: true}},
		"address":  {store.UserChange{Email: new("Ben"), EmailKey: &ben.EmailKey}, store.NameTaken{Email: true}},
		"crossed":  {store.UserChange{Username: new("Ben"), UsernameKey: &ben.EmailKey, Role: new(store.RoleAdmin)}, store.NameTaken{Username: true}},
		"one of two": {store.UserChange{Username: new("free"), UsernameKey: new("free"), Email: new("Ben"), EmailKey: &ben.EmailKey},
			store.NameTaken{Email: true}},
	} {
		err := db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, tt.change) })
		wantTaken(t, what, err, tt.want)
		same(t, what, reread(t, db, ann.ID), ann)
	}
	for _, name := range []string{ann.UsernameKey, ann.EmailKey} {
		if u, err := db.UserByName(t.Context(), name); err != nil || u.ID != ann.ID {
			t.Errorf("%s: found user %v, %v; want %v", name, u.ID, err, ann.ID)
		}
	}
	_, err := db.UserByName(t.Context(), "free")
	wantError(t, "the name not taken", err, store.ErrNotFound)
}

func conditions(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	try := func(what string, c store.UserChange, want error) {
		t.Helper()
		err := db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, c) })
		if !errors.Is(err, want) {
			t.Errorf("%s: err = %v, want %v", what, err, want)
		}
	}
	later := odd().Add(time.Minute)
	try("both hold", store.UserChange{LastLoginAt: &later, PasswordHash: new("new"), IfActive: true, IfPasswordHash: ann.PasswordHash}, nil)
	ann.LastLoginAt, ann.PasswordHash = later, "new"
	try("an older hash", store.UserChange{FirstName: new("x"), IfPasswordHash: "old"}, store.ErrNotFound)
	try("a hash in other letters", store.UserChange{FirstName: new("x"), IfPasswordHash: "NEW"}, store.ErrNotFound)
	try("a hash with a space", store.UserChange{FirstName: new("x"), IfPasswordHash: "new "}, store.ErrNotFound)
	try("an older hash, and a role", store.UserChange{Role: new(store.RoleAdmin), IfPasswordHash: "old"}, store.ErrNotFound)
	same(t, "ann", reread(t, db, ann.ID), ann)

	update(t, db, ann.ID, store.UserChange{Active: new(false)})
	ann.Active = false
	try("inactive", store.UserChange{LastLoginAt: new(odd()), IfActive: true}, store.ErrNotFound)
	try("inactive, and nothing to change", store.UserChange{IfActive: true}, store.ErrNotFound)
	try("inactive, and a name", store.UserChange{Username: new("x"), UsernameKey: new("x"), IfActive: true}, store.ErrNotFound)
	same(t, "ann", reread(t, db, ann.ID), ann)
	_, err := db.UserByName(t.Context(), "x")
	wantError(t, "the name not taken", err, store.ErrNotFound)
	if n := total(t, db, store.UserQuery{Role: store.RoleStaff, Active: new(false)}); n != 1 {
		t.Errorf("the total is %d, want 1", n)
	}
}

func freshIDs(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	last := create(t, db, newUser("last"))
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(last.ID) })
	next := create(t, db, newUser("next"))
	if next.ID == last.ID || next.ID == ann.ID {
		t.Errorf("IDs %d, %d and, after the second was deleted, %d, want three different ones", ann.ID, last.ID, next.ID)
	}
}

func deleted(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	s, other := newSession(ann.ID), newSession(ben.ID)
	write(t, db, func(tx store.Tx) error {
		return errors.Join(tx.CreateSession(s), tx.CreateSession(other))
	})
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	for what, read := range map[string]func() error{
		"by ID":       func() error { _, err := db.UserByID(t.Context(), ann.ID); return err },
		"by subject":  func() error { _, err := db.UserBySub(t.Context(), ann.Sub); return err },
		"by username": func() error { _, err := db.UserByName(t.Context(), ann.UsernameKey); return err },
		"by address":  func() error { _, err := db.UserByName(t.Context(), ann.EmailKey); return err },
		"session":     func() error { _, _, err := db.SessionWithUser(t.Context(), s.ID); return err },
		"again":       func() error { return db.Write(t.Context(), func(tx store.Tx) error { return tx.DeleteUser(ann.ID) }) },
	} {
		wantError(t, what, read(), store.ErrNotFound)
	}
	if _, _, err := db.SessionWithUser(t.Context(), other.ID); err != nil {
		t.Errorf("looking up another person's session: %v, want it left", err)
	}
	create(t, db, newUser("ann")) // the names are free again
}

func administrators(t *testing.T, db store.DB) {
	want := func(what string, has bool, except int64, other bool) {
		t.Helper()
		got, err := db.HasAdmin(t.Context())
		if err != nil || got != has {
			t.Errorf("%s: HasAdmin = %t, %v; want %t", what, got, err, has)
		}
		write(t, db, func(tx store.Tx) error {
			if err := tx.LockAdmins(); err != nil {
				return err
			}
			got, err := tx.OtherAdmin(except)
			if got != other {
				t.Errorf("%s: OtherAdmin = %t, want %t", what, got, other)
			}
			return err
		})
	}
	want("nobody", false, 0, false)
	ann, ben := newUser("ann"), newUser("ben")
	ann.Role, ben.Role, ben.Active = store.RoleAdmin, store.RoleAdmin, false
	create(t, db, newUser("staff"))
	ben = create(t, db, ben)
	want("an inactive one", false, 0, false)
	ann = create(t, db, ann)
	want("one", true, ann.ID, false)
	want("one, seen from another", true, ben.ID, true)
	update(t, db, ben.ID, store.UserChange{Active: new(true)})
	want("two", true, ann.ID, true)
	update(t, db, ben.ID, store.UserChange{Role: new(store.RoleStaff)})
	want("one again", true, ann.ID, false)
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	want("none", false, 0, false)
}
