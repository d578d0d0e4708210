package storetest

import (
	"testing"

	"gatehouse/store"
)

// newProfile has every field filled.
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
	got, err := db.ProfileOf(t.Context(), id)
	if err != nil {
		t.Errorf("%s: looking up the profile: %v", what, err)
	}
	same(t, what, got, want)
}

func profileRoundTrip(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	wantProfile(t, db, "none yet", ann.ID, store.Profile{})
	filled(t, newProfile())
	for _, want := range []store.Profile{newProfile(), {Nickname: "all the rest is gone"}, {}, {Address: store.Address{Country: "CH"}}} {
		for range 2 { // what is so already is no error
			update(t, db, ann.ID, store.UserChange{Profile: &want})
			wantProfile(t, db, "replaced", ann.ID, want)
		}
	}
	kept := newProfile()
	update(t, db, ann.ID, store.UserChange{Profile: &kept, Active: new(false)})
	ann.Active = false
	update(t, db, ann.ID, store.UserChange{FirstName: &ann.FirstName})
	wantProfile(t, db, "as it is", ann.ID, kept)
	same(t, "the person", reread(t, db, ann.ID), ann)
	wantProfile(t, db, "another's", ben.ID, store.Profile{})
	_, err := db.ProfileOf(t.Context(), ben.ID+1)
	wantError(t, "nobody's", err, store.ErrNotFound)
}

// profileComesAlong: with the session and with who has the name, and says what
// ProfileOf says.
func profileComesAlong(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	s := newSession(ann.ID)
	start(t, db, s)
	for _, want := range []store.Profile{{}, newProfile(), {Nickname: "Nick"}} {
		if want != (store.Profile{}) {
			update(t, db, ann.ID, store.UserChange{Profile: &want})
		}
		_, ofSession, err := db.SessionWithUser(t.Context(), s.ID)
		if err != nil {
			t.Fatalf("looking up the session: %v", err)
		}
		byName, err := db.UserByName(t.Context(), ann.EmailKey)
		if err != nil {
			t.Fatalf("looking up the user by name: %v", err)
		}
		for what, u := range map[string]store.User{"with the session": ofSession, "by name": byName} {
			if u.ProfileText == "" {
				t.Fatalf("%s: %+v, want a person with a profile", what, u)
			}
			got, err := store.ProfileFor(t.Context(), nil, u) // nobody needs to be asked
			if err != nil {
				t.Errorf("loading the profile: %v", err)
			}
			same(t, what, got, want)
		}
	}
}

func profileConditions(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	p := newProfile()
	err := db.Write(t.Context(), func(tx store.Tx) error {
		return tx.UpdateUser(ann.ID, store.UserChange{Profile: &p, IfPasswordHash: "other"})
	})
	wantError(t, "UpdateUser", err, store.ErrNotFound)
	wantProfile(t, db, "not changed", ann.ID, store.Profile{})
}
