package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/store"
)

// callers is how many callers compete in a race.
const callers = 50

// Races tests what store.DB promises to concurrent callers. open may return a database
// that each transaction uses from another process.
func Races(t *testing.T, open func(t *testing.T) store.DB) {
	run(t, open, races())
}

func races() []promise {
	return []promise{
		{"a name goes to one", "CreateUser", raceForName},
		{"two people who want each other's names", "UpdateUser", raceCrosswise},
		{"a name changed goes to one", "UpdateUser", raceToRename},
		{"a link is used by one", "UseBootstrap", raceForLink},
		{"a generation of keys goes to one", "AddSigningKey", raceForGeneration},
		{"a data key is made by one", "AddDataKey", raceForDataKey},
		{"a session is ended by one", "EndSession", raceToEnd},
		{"a password is changed from what it was by one", "UpdateUser", raceForPassword},
		{"of two administrators one remains", "LockAdmins OtherAdmin", raceOfTwoAdmins},
		{"of many administrators one remains", "LockAdmins OtherAdmin", raceOfAdmins},
		{"no more APIs than allowed", "LockAPIs CountAPIs", raceForRoom},
		{"an identifier that is not also a client's ID", "LockAPIs HasIdentifier", raceForIdentifier},
		{"no list names a client that is gone", "LockClient LockAPIs DeleteClient", raceToList},
		{"nobody's change is lost", "LockUser", raceToAppend},
		{"totals stay exact", "ListUsers", raceOfTotals},
		{"a code is redeemed by one, and the others find its session", "UseCode", raceForCode},
		{"every wrong verifier counts", "MissCode", raceOfMisses},
		{"a browser session is ended by one", "EndAll", raceToEndBrowser},
		{"no session outlives its browser session", "EndAll UseCode", raceOfRedeemers},
		{"a pushed request gives one code", "UsePushed", raceForPushed},
		{"a scope that is being withdrawn does not come back", "LockConsent PutConsent DeleteConsent", raceToWithdraw},
		{"what is taken away and granted at once is one or the other", "LockConsent PutConsent SessionWithUser", raceToNarrow},
		{"a device is decided on by one", "DecideDevice", raceToDecide},
		{"a device is redeemed by one", "UseDevice", raceForDevice},
		{"one of several polls at once is in time", "PollDevice", raceToPoll},
		{"a token is revoked by one", "RevokeToken", raceToRevoke},
		{"a one-time key is used by one", "UseOnce", raceForOnce},
		{"a step of an authenticator app is used by one", "UseTOTP", raceForStep},
		{"an authenticator app is confirmed by one", "ConfirmTOTP", raceToConfirm},
		{"a recovery code is used by one", "UseRecoveryCode", raceForRecoveryCode},
		{"every recovery code that is used at once counts", "UseRecoveryCode", raceOfRecoveryCodes},
		{"a challenge is taken by one", "TakeChallenge", raceForChallenge},
		{"every wrong answer to a challenge counts", "MissChallenge", raceOfAnswers},
		{"a passkey and its copies are used by one", "UsePasskey", raceOfCounters},
		{"a passkey is removed by one", "RemovePasskey UsePasskey", raceToRemovePasskey},
		{"a link to a person is used by one", "UseLink", raceForPersonalLink},
		{"of links that are made at once, one remains", "PutLink", raceOfLinks},
		{"a notice is claimed by one", "ClaimNotices", raceForNotices},
		{"a mail is claimed by one", "ClaimMails", raceForMails},
		{"an act on many people is claimed by one", "ClaimBulkJob", raceForBulkJobs},
		{"one mail waits for each address and purpose", "AddMail", raceToMail},
		{"a registration token is used as often as it may", "UseRegistrationToken RegisterClient", raceForTokenUses},
		{"apps that register at once", "RegisterClient", raceToRegister},
	}
}

// winners counts the callers for whom try returns true. It allows no errors but those
// named.
func winners(t *testing.T, try func(i int) (bool, error), allowed ...error) int {
	t.Helper()
	var won atomic.Int32
	many(callers, func(i int) {
		ok, err := try(i)
		for _, a := range allowed {
			if errors.Is(err, a) {
				return
			}
		}
		if err != nil {
			t.Errorf("one of the concurrent tries: %v", err)
		}
		if ok && err == nil {
			won.Add(1)
		}
	})
	return int(won.Load())
}

func wantOne(t *testing.T, won int) {
	t.Helper()
	if won != 1 {
		t.Errorf("%d of %d won, want 1", won, callers)
	}
}

// raceForName: some want a name as a username, and others as an e-mail address.
func raceForName(t *testing.T, db store.DB) {
	for round := range 4 {
		key := fmt.Sprintf("ann%d", round)
		wantOne(t, winners(t, func(i int) (bool, error) {
			u := newUser(fmt.Sprintf("r%d-%d", round, i))
			if i%2 == 0 {
				u.Username, u.UsernameKey = strings.ToUpper(key), key
			} else {
				u.Email, u.EmailKey = key, key
			}
			return true, db.Write(t.Context(), func(tx store.Tx) error { _, err := tx.CreateUser(u); return err })
		}, store.ErrConflict))
		if n := total(t, db, store.UserQuery{}); n != int64(round+1) {
			t.Errorf("the total is %d, want %d", n, round+1)
		}
	}
}

// raceCrosswise: two people want the same two names, in opposite orders.
func raceCrosswise(t *testing.T, db store.DB) {
	for round := range 10 {
		a, b := fmt.Sprintf("a%d", round), fmt.Sprintf("b%d", round)
		wantOne(t, winners(t, func(i int) (bool, error) {
			u := newUser("x")
			u.UsernameKey, u.EmailKey = a, b
			if i%2 == 0 {
				u.UsernameKey, u.EmailKey = b, a
			}
			err := db.Write(t.Context(), func(tx store.Tx) error { _, err := tx.CreateUser(u); return err })
			return true, err
		}, store.ErrConflict))
	}
}

func raceToRename(t *testing.T, db store.DB) {
	people := crowd(t, db, callers)
	wantOne(t, winners(t, func(i int) (bool, error) {
		return true, db.Write(t.Context(), func(tx store.Tx) error {
			return tx.UpdateUser(people[i].ID, store.UserChange{Username: new("Best"), UsernameKey: new("best")})
		})
	}, store.ErrConflict))
	best, err := db.UserByName(t.Context(), "best")
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	for _, u := range people {
		_, err := db.UserByName(t.Context(), u.UsernameKey)
		if (err == nil) == (u.ID == best.ID) {
			t.Errorf("%s: err = %v while %d has the name, want an error for everybody else", u.UsernameKey, err, best.ID)
		}
	}
}

func raceForLink(t *testing.T, db store.DB) {
	for round := range 5 {
		link := addLink(t, db, fmt.Sprint(round), odd())
		wantOne(t, winners(t, func(int) (taken bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				taken, err = tx.UseBootstrap(link, odd().AddDate(-1, 0, 0))
				return err
			})
			return taken, err
		}))
	}
}

func raceForGeneration(t *testing.T, db store.DB) {
	for generation := range int64(4) {
		wantOne(t, winners(t, func(int) (bool, error) {
			return true, db.AddSigningKey(t.Context(), newKey(generation), keyEvent("key.created"))
		}, store.ErrConflict))
	}
	wantEvents(t, db, "key.created", 4)
}

func raceToEnd(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	for range 5 {
		s := newSession(ann.ID)
		start(t, db, s)
		wantOne(t, winners(t, func(i int) (done bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				if i%5 == 0 { // some end all sessions of the person
					ended, err := tx.EndAll(store.End{UserID: ann.ID, Reason: "race", At: odd()})
					done = len(ended.Sessions) == 1
					return err
				}
				done, err = tx.EndSession(s.ID, ann.ID, "race", odd())
				return err
			})
			return done, err
		}))
	}
}

func raceForPassword(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	wantOne(t, winners(t, func(i int) (bool, error) {
		return true, db.Write(t.Context(), func(tx store.Tx) error {
			return tx.UpdateUser(ann.ID, store.UserChange{
				PasswordHash: new(fmt.Sprintf("hash %d", i)), IfActive: true, IfPasswordHash: ann.PasswordHash,
			})
		})
	}, store.ErrNotFound))
}

var errLastAdmin = errors.New("the last administrator stays")

// giveUp removes an administrator, in one of several ways, unless they are the last.
func giveUp(t *testing.T, db store.DB, id int64, way int) error {
	return db.Write(t.Context(), func(tx store.Tx) error {
		if err := tx.LockAdmins(); err != nil {
			return err
		}
		other, err := tx.OtherAdmin(id)
		switch {
		case err != nil:
			return err
		case !other:
			return errLastAdmin
		case way%3 == 0:
			return tx.UpdateUser(id, store.UserChange{Role: new(store.RoleUser)})
		case way%3 == 1:
			return tx.UpdateUser(id, store.UserChange{Active: new(false)})
		}
		return tx.DeleteUser(id)
	})
}

func newAdmin(name string) store.User {
	u := newUser(name)
	u.Role = store.RoleAdmin
	return u
}

// activeAdmins counts the active administrators in the list, and wants the total to agree.
func activeAdmins(t *testing.T, db store.DB) int {
	t.Helper()
	page, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByID, Role: store.RoleAdmin, Active: new(true), Limit: 1000})
	if err != nil {
		t.Fatalf("listing the users: %v", err)
	}
	if page.Total != int64(len(page.Users)) {
		t.Errorf("the total of active administrators is %d, want %d as listed", page.Total, len(page.Users))
	}
	return len(page.Users)
}

func raceOfTwoAdmins(t *testing.T, db store.DB) {
	last := create(t, db, newAdmin("first"))
	for round := range 15 {
		pair := []store.User{last, create(t, db, newAdmin(fmt.Sprintf("a%d", round)))}
		many(2, func(i int) {
			if err := giveUp(t, db, pair[i].ID, round); err != nil && !errors.Is(err, errLastAdmin) {
				t.Errorf("giving the role up: err = %v, want nil or errLastAdmin", err)
			}
		})
		if n := activeAdmins(t, db); n != 1 {
			t.Fatalf("round %d: %d active administrators remain, want 1", round, n)
		}
		for _, u := range pair {
			if got, err := db.UserByID(t.Context(), u.ID); err == nil && got.Active && got.Role == store.RoleAdmin {
				last = got
			}
		}
	}
}

func raceOfAdmins(t *testing.T, db store.DB) {
	var admins []store.User
	for i := range callers {
		admins = append(admins, create(t, db, newAdmin(fmt.Sprintf("a%d", i))))
	}
	gone := winners(t, func(i int) (bool, error) { return true, giveUp(t, db, admins[i].ID, i) }, errLastAdmin)
	if n := activeAdmins(t, db); n != 1 || gone != callers-1 {
		t.Errorf("%d gave up and %d remain, want %d and 1", gone, n, callers-1)
	}
}

// raceToAppend: each caller reads and writes after LockUser and LockClient.
func raceToAppend(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	update(t, db, ann.ID, store.UserChange{FirstName: new("")})
	register(t, db, store.Client{ID: "shop", AuthMethod: "none"})
	winners(t, func(int) (bool, error) {
		return true, db.Write(t.Context(), func(tx store.Tx) error {
			u, err := tx.LockUser(ann.ID)
			if err != nil {
				return err
			}
			if err := tx.UpdateUser(ann.ID, store.UserChange{FirstName: new(u.FirstName + "x")}); err != nil {
				return err
			}
			c, err := tx.LockClient("shop")
			if err != nil {
				return err
			}
			c.RedirectURIs = append(c.RedirectURIs, "https://a.example")
			return tx.PutClient(c)
		})
	})
	if n := len(reread(t, db, ann.ID).FirstName); n != callers {
		t.Errorf("%d changes of a person remain, want all %d", n, callers)
	}
	if n := len(readClient(t, db, "shop").RedirectURIs); n != callers {
		t.Errorf("%d changes of an app remain, want all %d", n, callers)
	}
}

// raceOfTotals creates, changes and deletes people concurrently.
func raceOfTotals(t *testing.T, db store.DB) {
	roles := []store.Role{store.RoleUser, store.RoleStaff, store.RoleAdmin}
	winners(t, func(i int) (bool, error) {
		u := newUser(fmt.Sprintf("u%d", i))
		u.Role, u.Active = roles[i%3], i%2 == 0
		var id int64
		err := db.Write(t.Context(), func(tx store.Tx) (err error) {
			id, err = tx.CreateUser(u)
			return err
		})
		for step := range 3 {
			if err == nil {
				err = db.Write(t.Context(), func(tx store.Tx) error {
					return tx.UpdateUser(id, store.UserChange{Role: &roles[(i+step)%3], Active: new((i+step)%2 == 0)})
				})
			}
		}
		if err == nil && i%4 == 0 {
			err = db.Write(t.Context(), func(tx store.Tx) error { return tx.DeleteUser(id) })
		}
		return true, err
	})
	page, err := db.ListUsers(t.Context(), store.UserQuery{OrderBy: store.ByID, Limit: 1000})
	if err != nil {
		t.Fatalf("listing the users: %v", err)
	}
	if want := callers - (callers+3)/4; len(page.Users) != want {
		t.Errorf("%d people, want %d", len(page.Users), want)
	}
	for _, role := range append(roles, "") {
		for _, active := range []*bool{nil, new(true), new(false)} {
			q := store.UserQuery{OrderBy: store.ByID, Role: role, Active: active}
			if got, want := total(t, db, q), int64(len(selected(page.Users, q))); got != want {
				t.Errorf("the total of %q is %d, want %d as listed", role, got, want)
			}
		}
	}
}
