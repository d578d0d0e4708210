package storetest

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"gatehouse/store"
)

func registrations() []promise {
	return []promise{
		{"a registration token comes back as it was, the newest first", "CreateRegistrationToken ListRegistrationTokens", tokensListed},
		{"a registration token is given once", "CreateRegistrationToken", tokenConflict},
		{"a registration token is good for its uses, until it expires", "UseRegistrationToken", tokenUses},
		{"a registration token that was withdrawn is gone", "DeleteRegistrationToken", tokenDeleted},
		{"sweeping registration tokens", "SweepRegistrationTokens", sweptRegistrationTokens},
		{"apps that register themselves have room in all and by network", "RegisterClient", registrationRoom},
		{"the last use of an app only grows", "UsedClients", usedClients},
		{"an app that is not used is found", "UnusedClients", unusedClients},
		{"an app with neither session nor consent is forgotten", "ForgetClient", forgottenClient},
	}
}

func newRegistrationToken(id string) store.RegistrationToken {
	return store.RegistrationToken{ID: id, Digest: store.DigestOf(id), Uses: 1, MaxUses: 3, CreatedAt: odd(), ExpiresAt: odd().Add(time.Hour)}
}

func addRegistrationToken(t *testing.T, db store.DB, token store.RegistrationToken) {
	t.Helper()
	write(t, db, func(tx store.Tx) error { return tx.CreateRegistrationToken(token) })
}

func tokensListed(t *testing.T, db store.DB) {
	first, second := newRegistrationToken("first"), newRegistrationToken("second")
	filled(t, first)
	second.CreatedAt = odd().Add(time.Second)
	addRegistrationToken(t, db, first)
	addRegistrationToken(t, db, second)
	for limit, want := range map[int][]store.RegistrationToken{1: {second}, 9: {second, first}} {
		got, err := db.ListRegistrationTokens(t.Context(), limit)
		if err != nil {
			t.Errorf("listing the tokens: %v", err)
		}
		same(t, "tokens", got, want)
	}
}

func tokenConflict(t *testing.T, db store.DB) {
	addRegistrationToken(t, db, newRegistrationToken("one"))
	other := newRegistrationToken("other")
	other.Digest = store.DigestOf("one")
	for what, token := range map[string]store.RegistrationToken{"the ID": newRegistrationToken("one"), "the digest": other} {
		err := db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateRegistrationToken(token) })
		wantError(t, what, err, store.ErrConflict)
	}
}

func useToken(t *testing.T, db store.DB, token string, at time.Time) (used store.RegistrationToken, err error) {
	t.Helper()
	err = db.Write(t.Context(), func(tx store.Tx) error {
		used, err = tx.UseRegistrationToken(store.DigestOf(token), at)
		return err
	})
	return used, err
}

func tokenUses(t *testing.T, db store.DB) {
	addRegistrationToken(t, db, newRegistrationToken("one"))
	_, err := useToken(t, db, "one", odd().Add(time.Hour))
	wantError(t, "expired", err, store.ErrNotFound)
	_, err = useToken(t, db, "guess", odd())
	wantError(t, "a guess", err, store.ErrNotFound)
	for uses := 2; uses <= 3; uses++ {
		want := newRegistrationToken("one")
		want.Uses = uses
		got, err := useToken(t, db, "one", odd())
		if err != nil {
			t.Errorf("use %d: %v", uses, err)
		}
		same(t, "used", got, want)
	}
	_, err = useToken(t, db, "one", odd())
	wantError(t, "used up", err, store.ErrNotFound)
}

func tokenDeleted(t *testing.T, db store.DB) {
	addRegistrationToken(t, db, newRegistrationToken("one"))
	write(t, db, func(tx store.Tx) error { return tx.DeleteRegistrationToken("one") })
	_, err := useToken(t, db, "one", odd())
	wantError(t, "withdrawn", err, store.ErrNotFound)
	for _, id := range []string{"one", "", "é"} {
		err := db.Write(t.Context(), func(tx store.Tx) error { return tx.DeleteRegistrationToken(id) })
		wantError(t, strconv.Quote(id), err, store.ErrNotFound)
	}
}

func sweptRegistrationTokens(t *testing.T, db store.DB) {
	for i, expires := range []time.Duration{0, -time.Millisecond, -time.Millisecond, -time.Millisecond} {
		token := newRegistrationToken(strconv.Itoa(i))
		token.ExpiresAt = odd().Add(expires)
		addRegistrationToken(t, db, token)
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepRegistrationTokens(t.Context(), odd(), n) }, 2, 1, 0)
}

// newDynamic returns a client that registered itself from a network.
func newDynamic(id, from string) store.Client {
	c := newClient(id)
	c.Origin, c.Registration.From, c.Disabled = store.OriginDynamic, from, false
	return c
}

func registerWithin(t *testing.T, db store.DB, c store.Client, room store.Room) error {
	t.Helper()
	return db.Write(t.Context(), func(tx store.Tx) error { return tx.RegisterClient(c, room) })
}

func registrationRoom(t *testing.T, db store.DB) {
	register(t, db, newClient("shop"))
	room := store.Room{Client: 5, Network: 2}
	for i, tt := range []struct {
		from string
		want error
	}{
		{"a", nil}, {"a", nil}, {"a", store.ErrFull}, {"b", nil}, {"", nil}, {"", nil}, {"c", store.ErrFull}, {"", store.ErrFull},
	} {
		err := registerWithin(t, db, newDynamic(strconv.Itoa(i), tt.from), room)
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("number %d, from %q: error = %v, want %v", i, tt.from, err, tt.want)
		}
	}
	same(t, "registered", readClient(t, db, "0"), newDynamic("0", "a"))
	if err := db.UsedClients(t.Context(), []string{"0"}, odd()); err != nil {
		t.Errorf("noting a use: %v", err)
	}
	if err := registerWithin(t, db, newDynamic("again", "a"), room); err != nil {
		t.Errorf("after one was used: %v, want room", err)
	}
	wantError(t, "an ID that is taken", registerWithin(t, db, newDynamic("again", ""), store.Room{}), store.ErrConflict)
}

func usedClients(t *testing.T, db store.DB) {
	for _, id := range []string{"shop", "Shop", "other"} {
		register(t, db, newClient(id))
	}
	for _, at := range []time.Time{odd().Add(time.Minute), odd()} {
		if err := db.UsedClients(t.Context(), []string{"shop", "nobody"}, at); err != nil {
			t.Errorf("noting a use: %v", err)
		}
	}
	if err := db.UsedClients(t.Context(), nil, odd()); err != nil {
		t.Errorf("noting no use: %v", err)
	}
	write(t, db, func(tx store.Tx) error { return tx.PutClient(newClient("shop")) }) // keeps it
	for id, want := range map[string]time.Time{"shop": odd().Add(time.Minute), "Shop": {}, "other": {}} {
		if got := readClient(t, db, id).LastUsedAt; !got.Equal(want) {
			t.Errorf("%s was last used at %v, want %v", id, got, want)
		}
	}
}

func unusedClients(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	made := func(id string, ago time.Duration, used time.Duration) {
		c := newDynamic(id, "a")
		c.CreatedAt = odd().Add(-ago)
		register(t, db, c)
		if used > 0 {
			if err := db.UsedClients(t.Context(), []string{id}, odd().Add(-used)); err != nil {
				t.Fatalf("noting a use: %v", err)
			}
		}
	}
	const day = 24 * time.Hour
	made("fresh", day, 0)
	made("never", day+1e6, 0)
	made("consented", 2*day, 0)
	made("consented long ago", 40*day, 0)
	made("with a session", 2*day, 0)
	made("used", 40*day, 30*day)
	made("used long ago", 40*day, 30*day+1e6)
	register(t, db, newClient("registered by an administrator"))
	blocked := newDynamic("blocked", "a")
	blocked.Disabled, blocked.CreatedAt = true, odd().Add(-40*day)
	register(t, db, blocked)
	for _, id := range []string{"consented", "consented long ago"} {
		consent(t, db, store.Consent{UserID: ann.ID, ClientID: id, Scope: "openid", GrantedAt: odd()})
	}
	s := newSession(ann.ID)
	s.ClientID = "with a session"
	write(t, db, func(tx store.Tx) error { return tx.CreateSession(s) })
	for limit, want := range map[int]int{1: 1, 2: 2, 9: 3} {
		got, err := db.UnusedClients(t.Context(), odd().Add(-day), odd().Add(-30*day), limit)
		if err != nil || len(got) != want {
			t.Errorf("at most %d: %q, %v; want %d", limit, got, err, want)
		}
		if slices.Sort(got); limit == 9 {
			same(t, "unused", got, []string{"consented long ago", "never", "used long ago"})
		}
	}
}

func forgottenClient(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	for _, id := range []string{"bare", "consented", "signed-in"} {
		register(t, db, newDynamic(id, "a"))
	}
	write(t, db, func(tx store.Tx) error {
		_, err := tx.EndAll(store.End{ClientID: "bare", Reason: store.EndedClientAuth, At: odd()})
		return err
	})
	consent(t, db, store.Consent{UserID: ann.ID, ClientID: "consented", Scope: "openid", GrantedAt: odd()})
	s := newSession(ann.ID)
	s.ClientID = "signed-in"
	write(t, db, func(tx store.Tx) error { return tx.CreateSession(s) })
	for id, want := range map[string]bool{"bare": true, "consented": false, "signed-in": false, "nobody": false, "": false} {
		var got bool
		write(t, db, func(tx store.Tx) (err error) {
			got, err = tx.ForgetClient(id)
			return err
		})
		if _, err := db.ClientByID(t.Context(), id); got != want || (err == nil) != (id == "consented" || id == "signed-in") {
			t.Errorf("%q was forgotten: %t, and looking it up: %v; want %t", id, got, err, want)
		}
	}
}

// raceForTokenUses: no more register by a token than it allows, also where some fail
// afterwards.
func raceForTokenUses(t *testing.T, db store.DB) {
	token := newRegistrationToken("one")
	token.Uses, token.MaxUses = 0, callers/2
	addRegistrationToken(t, db, token)
	won := winners(t, func(i int) (bool, error) {
		err := db.Write(t.Context(), func(tx store.Tx) error {
			if _, err := tx.UseRegistrationToken(token.Digest, odd()); err != nil {
				return err
			}
			return tx.RegisterClient(newDynamic("app-"+strconv.Itoa(i), "a"), store.Room{Client: 1000, Network: 1000})
		})
		return err == nil, err
	}, store.ErrNotFound)
	if n, err := db.CountClients(t.Context()); won != token.MaxUses || n != int64(token.MaxUses) || err != nil {
		t.Errorf("%d won, and there are %d apps, %v; want %d", won, n, err, token.MaxUses)
	}
}

// raceToRegister: callers at the same moment exceed the room by their number at most, and
// nobody is refused while there is room.
func raceToRegister(t *testing.T, db store.DB) {
	const most = 5
	room := store.Room{Client: most, Network: most}
	won := winners(t, func(i int) (bool, error) {
		err := registerWithin(t, db, newDynamic("app-"+strconv.Itoa(i), "a"), room)
		return err == nil, err
	}, store.ErrFull)
	if won < most {
		t.Errorf("%d of %d registered, want at least %d", won, callers, most)
	}
	wantError(t, "one more", registerWithin(t, db, newDynamic("late", "a"), room), store.ErrFull)
}
