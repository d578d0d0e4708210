package signin_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/signin"
	"gatehouse/store"
)

// record is a transaction with only the update of a user's row.
type record struct {
	store.Tx
	id     int64
	change store.UserChange
	err    error
}

func (r *record) UpdateUser(id int64, c store.UserChange) error {
	r.id, r.change = id, c
	return r.err
}

var (
	at  = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	ann = store.User{ID: 7, Sub: "ann's", PasswordHash: "$argon2id$first", Generation: 3}
)

func TestAPasswordProvesItsLevelAndMethod(t *testing.T) {
	want := signin.Proof{
		User: ann, Method: "page",
		SignIn: store.SignIn{At: at, ACR: "urn:gatehouse:pwd", AMR: []string{"pwd"}},
	}
	if diff := cmp.Diff(want, signin.Password(ann, signin.ByPage, at)); diff != "" {
		t.Errorf("the proof of a password (-want +got):\n%s", diff)
	}
	if got := signin.ACRValues(); !slices.Contains(got, want.SignIn.ACR) {
		t.Errorf("levels = %q, want %q among them", got, want.SignIn.ACR)
	}
}

// The row is written on the condition that it still has what was checked, with the time
// of the sign-in, which is later than that of the proof.
func TestAProofIsHonouredForTheUserWhoWasChecked(t *testing.T) {
	now, rehashed := at.Add(time.Second), "$argon2id$second"
	for hash, want := range map[string]store.UserChange{
		"":       {LastLoginAt: &now, IfActive: true, IfPasswordHash: ann.PasswordHash, IfGeneration: &ann.Generation},
		rehashed: {LastLoginAt: &now, IfActive: true, IfPasswordHash: ann.PasswordHash, IfGeneration: &ann.Generation, PasswordHash: &rehashed},
	} {
		proof, tx := signin.Password(ann, signin.ByPage, at), &record{}
		proof.NewHash = hash
		if err := proof.Honour(tx, now); err != nil || tx.id != ann.ID {
			t.Errorf("honouring with the new hash %q: user %d, %v, want user %d", hash, tx.id, err, ann.ID)
		}
		if diff := cmp.Diff(want, tx.change); diff != "" {
			t.Errorf("the change with the new hash %q (-want +got):\n%s", hash, diff)
		}
	}
}

func TestAProofIsNotHonouredOnceTheUserHasChanged(t *testing.T) {
	trouble := errors.New("no room")
	for _, c := range []struct{ has, want error }{
		{fmt.Errorf("updating: %w", store.ErrNotFound), signin.ErrCredentialsChanged},
		{trouble, trouble},
	} {
		err := signin.Password(ann, signin.ByPage, at).Honour(&record{err: c.has}, at)
		if !errors.Is(err, c.want) {
			t.Errorf("honouring when the record returns %v: err = %v, want %v", c.has, err, c.want)
		}
	}
}

func TestAFactorRaisesTheLevelOfAPassword(t *testing.T) {
	with := ann
	with.Factors = store.FactorTOTP | store.FactorRecovery
	later := at.Add(time.Minute)
	proof := signin.Password(with, signin.ByPage, at)
	if proof.Lacks != signin.LacksFactor {
		t.Errorf("the password of a user with a second factor lacks %q, want %q", proof.Lacks, signin.LacksFactor)
	}
	if err := proof.Honour(&record{}, at); !errors.Is(err, signin.ErrIncomplete) {
		t.Errorf("honouring a proof that lacks a factor: err = %v, want ErrIncomplete", err)
	}
	proof = proof.With(signin.Factor{ACR: signin.ACRMFA, AMR: []string{signin.AMROTP}}, later)
	want := store.SignIn{At: later, ACR: "urn:gatehouse:mfa", AMR: []string{"pwd", "otp", "mfa"}}
	if diff := cmp.Diff(want, proof.SignIn); diff != "" || proof.Lacks != signin.LacksNothing {
		t.Errorf("with a code it lacks %q, want nothing; the sign-in (-want +got):\n%s", proof.Lacks, diff)
	}
	if err := proof.Honour(&record{}, later); err != nil {
		t.Errorf("honouring the complete proof: %v, want no error", err)
	}
}

func TestAPasskeyIsCompleteOnItsOwn(t *testing.T) {
	with := ann
	with.Factors = store.FactorPasskey
	proof := signin.Passkey(with, signin.ByPage, at)
	want := store.SignIn{At: at, ACR: "phr", AMR: []string{"hwk", "user", "mfa"}}
	if diff := cmp.Diff(want, proof.SignIn); diff != "" || proof.Lacks != signin.LacksNothing {
		t.Errorf("a passkey lacks %q, want nothing; the sign-in (-want +got):\n%s", proof.Lacks, diff)
	}
}

func TestATrustedBrowserDoesNotRaiseTheLevel(t *testing.T) {
	with := ann
	with.Factors = store.FactorTOTP
	proof := signin.Password(with, signin.ByPage, at).Trusted()
	if proof.Lacks != signin.LacksNothing || proof.SignIn.ACR != signin.ACRPassword {
		t.Errorf("in a trusted browser it lacks %q at %q, want nothing at the level of a password", proof.Lacks, proof.SignIn.ACR)
	}
	enrol := signin.Proof{Lacks: signin.LacksEnrolment}
	if got := enrol.Trusted().Lacks; got != signin.LacksEnrolment {
		t.Errorf("who must enrol lacks %q in a trusted browser, want %q", got, signin.LacksEnrolment)
	}
}

func TestWhatAProofUsesUpIsUsedAfterTheRow(t *testing.T) {
	rec, used := &record{}, 0
	use := func(tx store.Tx, when time.Time) error {
		if rec.id != ann.ID || tx != store.Tx(rec) || !when.Equal(at) {
			t.Errorf("used at %s after the row of %d, want the same transaction, after the user's row", when, rec.id)
		}
		used++
		return nil
	}
	proof := signin.Password(ann, signin.ByPage, at)
	proof.Uses = []signin.Use{use, use, func(store.Tx, time.Time) error { return signin.ErrFactorUsed }}
	if err := proof.Honour(rec, at); !errors.Is(err, signin.ErrFactorUsed) || used != 2 {
		t.Errorf("honouring: err = %v with %d uses, want ErrFactorUsed after 2", err, used)
	}
	rec.err = store.ErrNotFound
	if err := proof.Honour(rec, at); !errors.Is(err, signin.ErrCredentialsChanged) || used != 2 {
		t.Errorf("honouring for a user who changed: err = %v with %d uses, want ErrCredentialsChanged and no more uses", err, used)
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		reached string
		wanted  []string
		want    string
	}{
		{"urn:gatehouse:pwd", []string{"urn:gatehouse:mfa"}, ""},
		{"urn:gatehouse:mfa", []string{"urn:gatehouse:mfa"}, "urn:gatehouse:mfa"},
		{"phr", []string{"urn:gatehouse:mfa", "phr"}, "urn:gatehouse:mfa"},
		{"phr", []string{"unknown", "phr"}, "phr"},
		{"urn:gatehouse:mfa", []string{"phr", "urn:gatehouse:pwd"}, "urn:gatehouse:pwd"},
		{"", []string{"urn:gatehouse:pwd"}, ""},
		{"unknown", []string{"unknown"}, ""},
	} {
		if got := signin.Chosen(c.reached, c.wanted); got != c.want {
			t.Errorf("a sign-in at %q, where %q is wanted, gives %q, want %q", c.reached, c.wanted, got, c.want)
		}
	}
}
