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
