package storetest

import (
	"testing"

	"gatehouse/store"
)

// newProfile returns a profile with every field filled.
func newProfile() store.Profile {
	return store.Profile{
		MiddleName: "Mïddle", Nickname: "nick <&> \"é\"", Website: "https://a.example/?a=1&b=2", PageURL: "https://a.example/~ann",
		Picture: "https://a.example/ann.png", Gender: "female", Birthdate: "0000-02-29", ZoneInfo: "Europe/Zürich", Locale: "de-CH",
		PhoneNumber: "+41 44 000 00 00", PhoneProved: true,
		Address: store.Address{
			Formatted: "Straße 1\n8000 Zürich", Street: "Straße 1", Locality: "Zürich", Region: "ZH", PostalCode: "8000", Country: "CH 名",
		},
	}
}

func wantProfile(t *testing.T, db store.DB, what string, id int64, want store.Profile) {
	t.Helper()
	got, err := store.ProfileOf(reread(t, db, id))
	if err != nil {
		t.Errorf("%s: reading the profile: %v", what, err)
	}
	same(t, what, got, want)
}

func profileRoundTrip(t *testing.T, db store.DB) {
	silent := newUser("ann")
	silent.Profile = ""
	ann, ben := create(t, db, silent), create(t, db, newUser("ben"))
	wantProfile(t, db, "none yet", ann.ID, store.Profile{})
	filled(t, newProfile())
	for _, want := range []store.Profile{newProfile(), {Nickname: "all the rest is gone"}, {}, {Address: store.Address{Country: "CH"}}} {
		for range 2 { // the second time changes nothing, and is not an error
			update(t, db, ann.ID, store.UserChange{Profile: new(want.Text())})
			wantProfile(t, db, "replaced", ann.ID, want)
		}
	}
	ann.Profile = newProfile().Text()
	update(t, db, ann.ID, store.UserChange{Profile: &ann.Profile, Active: new(false)})
	ann.Active = false
	update(t, db, ann.ID, store.UserChange{FirstName: &ann.FirstName})
	same(t, "the person", reread(t, db, ann.ID), ann)
	wantProfile(t, db, "another's", ben.ID, newProfile())
}

// profileComesAlong with the person, however they are read.
func profileComesAlong(t *testing.T, db store.DB) {
	silent := newUser("ann")
	silent.Profile = ""
	ann := create(t, db, silent)
	s := newSession(ann.ID)
	start(t, db, s)
	for _, want := range []store.ProfileText{"", newProfile().Text(), store.Profile{Nickname: "Nick"}.Text()} {
		if want != "" {
			update(t, db, ann.ID, store.UserChange{Profile: &want})
		}
		_, ofSession, err := db.SessionWithUser(t.Context(), s.ID)
		if err != nil {
			t.Fatalf("looking up the session: %v", err)
		}
		same(t, "with the session", ofSession.Profile, want)
		byName, err := db.UserByName(t.Context(), ann.EmailKey)
		if err != nil {
			t.Fatalf("looking up the user by name: %v", err)
		}
		same(t, "by name", byName.Profile, want)
		write(t, db, func(tx store.Tx) error {
			locked, err := tx.LockUser(ann.ID)
			same(t, "locked", locked.Profile, want)
			return err
		})
	}
}

func profileConditions(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	err := db.Write(t.Context(), func(tx store.Tx) error {
		return tx.UpdateUser(ann.ID, store.UserChange{Profile: new(store.Profile{}.Text()), IfPasswordHash: "other"})
	})
	wantError(t, "UpdateUser", err, store.ErrNotFound)
	wantProfile(t, db, "not changed", ann.ID, newProfile())
}
