package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/store"
)

// redeem uses the code and starts its session in one transaction, or ends that session
// if the code was used already.
func redeem(tx store.Tx, c store.AuthCode) (used, ended bool, err error) {
	if used, err = tx.UseCode(c.Digest, odd()); err != nil {
		return false, false, err
	}
	if !used {
		ended, err = tx.EndSession(c.SessionID, c.UserID, "code replayed", odd())
		return false, ended, err
	}
	s := newSession(c.UserID)
	s.ID, s.ClientID, s.BrowserID, s.Foundation = c.SessionID, c.ClientID, c.BrowserID, c.Foundation
	return true, false, tx.CreateSession(s)
}

// raceForCode: some callers who redeem the code fail afterwards, which leaves it to
// another.
func raceForCode(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	for range 5 {
		c := newCode(ann.ID)
		addCode(t, db, c)
		var ends atomic.Int32
		wantOne(t, winners(t, func(i int) (used bool, err error) {
			var ended bool
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				if used, ended, err = redeem(tx, c); err == nil && used && i%10 == 0 {
					return errRefused
				}
				return err
			})
			if err == nil && !used {
				if _, _, err := db.SessionWithUser(t.Context(), c.SessionID); err != nil {
					t.Errorf("a loser does not find the session: %v", err)
				}
			}
			if err == nil && ended {
				ends.Add(1)
			}
			return used, err
		}, errRefused))
		if n := ends.Load(); n != 1 {
			t.Errorf("%d losers ended the session, want 1", n)
		}
	}
}

func raceOfMisses(t *testing.T, db store.DB) {
	c := newCode(create(t, db, newUser("ann")).ID)
	addCode(t, db, c)
	var told [callers + 1]atomic.Int32
	many(callers, func(int) {
		n, err := db.MissCode(t.Context(), c.Digest)
		if err != nil || n < 1 || n > callers {
			t.Errorf("missed %d times, %v; want 1 to %d", n, err, callers)
			return
		}
		told[n].Add(1)
	})
	// At most n callers get the number n or a smaller one.
	sum := int32(0)
	for n := range told {
		if sum += told[n].Load(); sum > int32(n) {
			t.Errorf("%d callers got %d misses or fewer, want at most %[2]d callers", sum, n)
		}
	}
	if n := code(t, db, c.Digest).Misses; n != callers {
		t.Errorf("%d misses were counted, want all %d", n, callers)
	}
}

func raceToEndBrowser(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	for range 3 {
		b := newBrowser(ann.ID)
		signIn(t, db, b)
		var started []store.Session
		for range 7 {
			s := newSession(ann.ID)
			s.BrowserID = b.ID
			started = append(started, s)
		}
		start(t, db, started...)
		var sessions atomic.Int32
		wantOne(t, winners(t, func(int) (ended bool, err error) {
			var result store.EndResult
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				result, err = tx.EndAll(store.End{BrowserID: b.ID, Reason: "race", At: odd()})
				return err
			})
			sessions.Add(int32(len(result.Sessions)))
			return result.First, err
		}))
		if n := sessions.Load(); n != 7 {
			t.Errorf("%d sessions were ended, want 7", n)
		}
	}
}

// raceOfRedeemers: a person signs out of a browser while codes that were requested in it
// are redeemed.
func raceOfRedeemers(t *testing.T, db store.DB) {
	for round := range 6 {
		ann := create(t, db, newUser(fmt.Sprintf("ann%d", round)))
		b := newBrowser(ann.ID)
		signIn(t, db, b)
		var asked []store.AuthCode
		for range callers {
			c := newCode(ann.ID)
			c.BrowserID = b.ID
			asked = append(asked, c)
		}
		addCode(t, db, asked...)
		many(callers, func(i int) {
			err := db.Write(t.Context(), func(tx store.Tx) error {
				if i == callers/2 {
					return signOut(tx, b, round)
				}
				_, _, err := redeem(tx, asked[i])
				return err
			})
			if err != nil {
				t.Errorf("redeeming at the same time: %v", err)
			}
		})
		if left, err := db.ListSessions(t.Context(), ann.ID, odd()); err != nil || len(left) != 0 {
			t.Errorf("%d sessions outlived their browser session, %v; want 0", len(left), err)
		}
	}
}

func signOut(tx store.Tx, b store.BrowserSession, way int) error {
	end := store.End{UserID: b.UserID, Reason: "race", At: odd()}
	if way%2 == 0 {
		end = store.End{BrowserID: b.ID, Reason: "race", At: odd()}
	}
	_, err := tx.EndAll(end)
	return err
}

func raceForPushed(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	for range 5 {
		p := newPushed()
		push(t, db, p)
		var codes atomic.Int32
		wantOne(t, winners(t, func(int) (bool, error) {
			c := newCode(ann.ID)
			used, err := db.UsePushed(t.Context(), p.Digest, c)
			if _, missing := db.CodeByDigest(t.Context(), c.Digest); missing == nil {
				codes.Add(1)
			}
			return used, err
		}))
		if n := codes.Load(); n != 1 {
			t.Errorf("%d codes were stored, want 1", n)
		}
	}
}

func raceToDecide(t *testing.T, db store.DB) {
	var people []store.User
	for i := range callers {
		people = append(people, create(t, db, newUser(fmt.Sprintf("person %d", i))))
	}
	for range 3 {
		g := newDevice()
		addDevice(t, db, g)
		wantOne(t, winners(t, func(i int) (bool, error) {
			mine := decide(g, []store.DeviceStatus{store.DeviceApproved, store.DeviceDenied}[i%2])
			mine.UserID = people[i].ID
			decided, err := decideOn(t, db, mine, odd())
			if decided && err == nil {
				same(t, "decided", device(t, db, g.Device), mine)
			}
			return decided, err
		}))
	}
}

func raceForDevice(t *testing.T, db store.DB) {
	for range 3 {
		g := decide(newDevice(), store.DeviceApproved)
		addDevice(t, db, g)
		wantOne(t, winners(t, func(i int) (used bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				if used, err = tx.UseDevice(g.Device); err == nil && used && i%10 == 0 {
					return errRefused
				}
				return err
			})
			return used, err
		}, errRefused))
	}
}

func raceToPoll(t *testing.T, db store.DB) {
	g := newDevice()
	addDevice(t, db, g)
	wantOne(t, winners(t, func(int) (bool, error) { return db.PollDevice(t.Context(), g.Device, odd()) }))
	if got, want := device(t, db, g.Device).Interval, g.Interval+5*(callers-1); got != want {
		t.Errorf("the interval is %d s, want %d", got, want)
	}
}

func raceForOnce(t *testing.T, db store.DB) {
	for round := range 5 {
		key := store.DigestOf(fmt.Sprint(round))
		wantOne(t, winners(t, func(i int) (bool, error) {
			return db.UseOnce(t.Context(), key, odd().Add(time.Duration(i)*time.Second))
		}))
	}
}

// raceToWithdraw: a person withdraws a consent while they allow the app more.
func raceToWithdraw(t *testing.T, db store.DB) {
	for range 20 {
		old := store.Consent{UserID: 7, ClientID: "shop", Scope: "openid email", GrantedAt: odd()}
		consent(t, db, old)
		many(callers/5, func(i int) {
			err := db.Write(t.Context(), func(tx store.Tx) error {
				if i == 2 {
					_, err := tx.DeleteConsent(7, "shop")
					return err
				}
				before, err := tx.LockConsent(7, "shop")
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				before.UserID, before.ClientID, before.GrantedAt = 7, "shop", odd()
				if !strings.Contains(before.Scope, "phone") {
					before.Scope = strings.TrimSpace(before.Scope + " phone")
				}
				return tx.PutConsent(before)
			})
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("changing a consent at the same time: %v", err)
			}
		})
		left, err := db.ConsentOf(t.Context(), 7, "shop")
		if err == nil && left.Scope != "phone" || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("consent to %q, %v; want phone or none", left.Scope, err)
		}
	}
}
