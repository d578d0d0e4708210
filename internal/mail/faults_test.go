package mail

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/mailbox"
	"gatehouse/internal/test/testdb"
	"gatehouse/keys"
	"gatehouse/store"
)

// TestNothingIsLostWhileTheServerMisbehaves: each message arrives once when it is well again,
// and once only.
func TestNothingIsLostWhileTheServerMisbehaves(t *testing.T) {
	for name, mode := range map[string]mailbox.Mode{
		"away": mailbox.Offline, "hanging": mailbox.Hangs, "refusing for now": mailbox.Later, "refusing us": mailbox.Denies, "closing": mailbox.Closes,
		"breaking off": mailbox.Breaks, "silent": mailbox.Silent,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mailbox.Options{})
			r.Server.Patience = 200 * time.Millisecond
			r.box.Set(mode)
			for i := range 3 {
				r.add(reset(fmt.Sprintf("ann%d@example.org", i)))
			}
			for range 2 {
				r.round()
				r.advance(time.Hour)
			}
			if n, all := r.waiting(), r.box.All(); n != 3 || len(all) != 0 || slices.Contains(r.results, "given up") {
				t.Fatalf("%d wait, %d arrived, results %v; want 3, none and no message given up", n, len(all), r.results)
			}
			r.box.Set(mailbox.Fine)
			r.Server.Patience = 0
			r.later()
			for i := range 3 {
				r.box.Next(t, fmt.Sprintf("ann%d@example.org", i))
			}
			if n, all := r.waiting(), r.box.All(); n != 0 || len(all) != 3 {
				t.Errorf("%d wait, %d arrived; want none and 3", n, len(all))
			}
			lacks(t, "the log", r.log.String(), "ann0@example.org", "a-secret")
		})
	}
}

func TestWhatIsRefusedForGoodIsGivenUp(t *testing.T) {
	for mode, reason := range map[mailbox.Mode]string{mailbox.Never: "refused 550 5.1.1", mailbox.Rejects: "refused 554 5.6.0"} {
		r := newRig(t, mailbox.Options{})
		r.box.Set(mode)
		r.add(reset(ann))
		r.round()
		want := []string{`user:sub-of-ann {"purpose":"reset","reason":"` + reason + `","tries":1}`}
		if got := r.evidence("mail.failed"); r.waiting() != 0 || !slices.Equal(got, want) {
			t.Errorf("%d wait, on record %q; want none and %q", r.waiting(), got, want)
		}
		lacks(t, "the log", r.log.String(), ann, "a-secret")
	}
}

// TestACutAnswer: the server has the message, and the connection ends before it says so. The
// message is sent again, as the same one.
func TestACutAnswer(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.box.Set(mailbox.Cuts)
	r.add(reset(ann))
	r.round()
	first := r.box.Next(t, ann)
	r.box.Set(mailbox.Fine)
	r.later()
	second := r.box.Next(t, ann)
	if id := first.Header.Get("Message-Id"); id == "" || id != second.Header.Get("Message-Id") || first.Header.Get("Date") != second.Header.Get("Date") {
		t.Errorf("Message-IDs %s and %s, want the same", id, second.Header.Get("Message-Id"))
	}
	if n, all := r.waiting(), r.box.All(); n != 0 || len(all) != 2 {
		t.Errorf("%d wait, %d arrived; want none and 2", n, len(all))
	}
}

func TestAMessageIsTriedForADay(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.box.Set(mailbox.Later)
	began := r.now
	r.add(reset(ann))
	for r.waiting() > 0 && r.now.Before(began.Add(48*time.Hour)) {
		r.round()
		r.advance(10 * time.Minute)
	}
	if took := r.now.Sub(began); took < 22*time.Hour || took > 25*time.Hour {
		t.Errorf("it was given up after %s, want about a day", took)
	}
	got := r.evidence("mail.failed")
	if len(got) != 1 || !strings.Contains(got[0], `"reason":"refused 451 4.3.0"`) {
		t.Errorf("on record: %q, want one failure with its reason", got)
	}
	if tries := r.box.Tries(); tries < 10 || tries > 40 {
		t.Errorf("%d tries, want a few dozen at most", tries)
	}
}

func TestAMessageIsNotSentOnceItIsOfNoUse(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	m := reset(ann)
	m.Until = r.now.Add(15 * time.Minute)
	r.add(m)
	r.advance(15 * time.Minute)
	r.round()
	if all := r.box.All(); len(all) != 0 || r.waiting() != 0 || len(r.evidence("mail.failed")) != 1 {
		t.Errorf("%d arrived, %d wait; want none, and the failure on record", len(all), r.waiting())
	}
}

func TestDelays(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 10: 2560 * time.Second, 11: time.Hour, 1000: time.Hour} {
		if got := delayAfter(tries); got != want {
			t.Errorf("after %d tries: %s, want %s", tries, got, want)
		}
	}
}

// TestAReplicaThatDies loses nothing: another one sends its messages when the claim is over.
func TestAReplicaThatDies(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.add(reset(ann))
	if mine := r.claim(t.Context()); len(mine) != 1 {
		t.Fatalf("%d mails claimed, want 1", len(mine))
	} // and nothing more is heard of it
	r.round()
	if all := r.box.All(); len(all) != 0 {
		t.Fatalf("%d arrived while the claim holds, want none", len(all))
	}
	r.advance(claimed)
	r.round()
	r.box.Next(t, ann)
}

// TestReplicasSendEachMessageOnce on one database and one mail server.
func TestReplicasSendEachMessageOnce(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			at, box, key := dsn(t), mailbox.Open(t), keys.NewDataKey()
			one, two := rigOn(t, at, box, key), rigOn(t, at, box, key)
			const many = 60
			for i := range many {
				one.add(reset(fmt.Sprintf("ann%d@example.org", i)))
			}
			stopOne, stopTwo := one.run(), two.run()
			for i := range many {
				box.Next(t, fmt.Sprintf("ann%d@example.org", i))
			}
			stopOne()
			stopTwo()
			if all := box.All(); len(all) != many || one.waiting() != 0 {
				t.Errorf("%d arrived, %d wait; want %d and none", len(all), one.waiting(), many)
			}
		})
	}
}

// TestStopping: what is being sent is finished or given back, so that the next start sends it
// at once.
func TestStopping(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.box.Set(mailbox.Hangs)
	for i := range 3 {
		r.add(reset(fmt.Sprintf("ann%d@example.org", i)))
	}
	stop := r.run()
	r.box.WaitForTries(1)
	stop()
	r.box.Set(mailbox.Fine)
	r.advance(firstDelay) // of the one that was being sent
	r.round()
	for i := range 3 {
		r.box.Next(t, fmt.Sprintf("ann%d@example.org", i))
	}
	if all := r.box.All(); len(all) != 3 {
		t.Errorf("%d arrived, want 3", len(all))
	}
}

func TestAPersonWhoIsDeletedGetsNothingMore(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	var id int64
	err := r.db.Write(t.Context(), func(tx store.Tx) (err error) {
		id, err = tx.CreateUser(store.User{Sub: "sub-of-ann", Username: "ann", UsernameKey: "ann", Email: ann, EmailKey: ann, Role: store.RoleUser, Active: true, JoinedAt: r.now})
		return err
	})
	if err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	m := reset(ann)
	m.UserID = id
	r.add(m)
	if err := r.db.Write(t.Context(), func(tx store.Tx) error { return tx.DeleteUser(id) }); err != nil {
		t.Fatalf("deleting the user: %v", err)
	}
	r.round()
	if all := r.box.All(); len(all) != 0 || r.waiting() != 0 {
		t.Errorf("%d arrived, %d wait; want none", len(all), r.waiting())
	}
}

// TestWhatCannotBeOpenedIsGivenUp, as after the data key was given up on purpose.
func TestWhatCannotBeOpenedIsGivenUp(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	r.add(reset(ann))
	r.Outbox.Key = keys.NewDataKey()
	r.round()
	if got, want := r.evidence("mail.failed"), []string{` {"purpose":"reset","reason":"unreadable","tries":1}`}; r.waiting() != 0 || !slices.Equal(got, want) {
		t.Errorf("%d wait, on record %q; want none and %q", r.waiting(), got, want)
	}
}
