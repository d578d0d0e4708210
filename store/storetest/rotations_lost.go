package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

// lostRotations tests a back-end beside the record that comes back empty or old, as after
// a failover to a replica that lagged.
func lostRotations(t *testing.T, open func(t *testing.T) RotationsFixture) {
	if open(t).Lose == nil {
		t.Skip("this back-end is the record")
	}
	tests := []struct {
		name string
		run  func(*rotating, *testing.T)
	}{
		{"continues from the record", (*rotating).lostGoesOn},
		{"continues from a token ahead of the record", (*rotating).lostBehindToken},
		{"continues from a token ahead of the state", (*rotating).stateBehindToken},
		{"continues from a record ahead of the state", (*rotating).stateBehindRecord},
		{"continues only once", (*rotating).lostOnce},
		{"the predecessor of a fresh record gets the same successor", (*rotating).lostPredecessor},
		{"the predecessor of an old record is reuse", (*rotating).lostOldPredecessor},
		{"a token older than the predecessor is reuse", (*rotating).lostOlder},
		{"another token of the record's generation is reuse", (*rotating).lostFork},
		{"a fork from before the loss is found", (*rotating).lostForkFound},
		{"Current is the record", (*rotating).lostCurrent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(newRotating(t, open(t)), t) })
	}
}

// after returns a step from r, when the record is at known.
func (s *rotating) after(known, r store.Rotation, grace time.Duration) store.Step {
	step := s.stepFrom(r, grace)
	step.Known = known
	return step
}

func (s *rotating) lostGoesOn(t *testing.T) {
	second := s.forward(t, s.first)
	s.Lose(t)
	third := s.rotate(t, s.after(second, second, longGrace), store.Rotated)
	s.rotate(t, s.after(second, third, longGrace), store.Rotated)
}

func (s *rotating) lostBehindToken(t *testing.T) {
	third := s.forward(t, s.forward(t, s.first))
	s.Lose(t)
	s.forward(t, third) // the record is still at the first
}

// stateBehindToken: the state is at the second generation, the token of the
// fourth, and the record still at the first.
func (s *rotating) stateBehindToken(t *testing.T) {
	second := s.forward(t, s.first)
	fourth := NextRotation(NextRotation(second))
	fifth := s.forward(t, fourth)
	if got := s.rotate(t, s.stepFrom(fourth, longGrace), store.Repeated); !sameRotation(got, fifth) {
		t.Errorf("the repeated rotation differs (-want +got):\n%s", cmp.Diff(fifth, got))
	}
	s.rotate(t, s.stepFrom(second, longGrace), store.Reused)
}

func (s *rotating) stateBehindRecord(t *testing.T) {
	second := s.forward(t, s.first)
	third := NextRotation(second)
	s.rotate(t, s.after(third, third, longGrace), store.Rotated)
	s.rotate(t, s.after(third, second, longGrace), store.Reused)
}

func (s *rotating) lostOnce(t *testing.T) {
	s.forward(t, s.first)
	s.Lose(t)
	const callers = 50
	winner := oneWinner(t, s.contend(t, s.first, time.Minute, callers), callers, store.Repeated)
	s.forward(t, winner)
}

// lostPredecessor: the answer to a client was lost together with the state, so the client
// presents its old token again.
func (s *rotating) lostPredecessor(t *testing.T) {
	second := s.forward(t, s.first)
	s.Lose(t)
	for range 2 {
		got := s.rotate(t, s.after(second, s.first, longGrace), store.Repeated)
		if !sameRotation(got, second) {
			t.Errorf("repeated as %+v, want the record's %+v", got, second)
		}
	}
	s.rotate(t, s.after(second, s.first, 0), store.Reused) // 0 turns the grace off
	s.rotate(t, s.after(second, second, longGrace), store.Rotated)
}

// lostOldPredecessor: a loss must not make a token work again that was used long ago.
func (s *rotating) lostOldPredecessor(t *testing.T) {
	second := s.forward(t, s.first)
	second.IssuedAt = second.IssuedAt.Add(-time.Hour)
	s.Lose(t)
	s.rotate(t, s.after(second, s.first, longGrace), store.Reused)
	s.rotate(t, s.after(second, second, longGrace), store.Rotated)
}

func (s *rotating) lostOlder(t *testing.T) {
	third := s.forward(t, s.forward(t, s.first))
	s.Lose(t)
	s.rotate(t, s.after(third, s.first, longGrace), store.Reused)
	s.rotate(t, s.after(third, third, longGrace), store.Rotated)
}

func (s *rotating) lostFork(t *testing.T) {
	second := s.forward(t, s.first)
	s.Lose(t)
	forged := second
	forged.JTI = rand.Text()
	s.rotate(t, s.after(second, forged, longGrace), store.Reused)
}

// lostForkFound: state and record are both a step behind, so a used token rotates again.
// The client that holds its first successor reveals the fork.
func (s *rotating) lostForkFound(t *testing.T) {
	second := s.forward(t, s.first)
	s.Lose(t)
	s.forward(t, s.first)
	s.rotate(t, s.stepFrom(second, longGrace), store.Reused)
}

func (s *rotating) lostCurrent(t *testing.T) {
	second := s.forward(t, s.first)
	s.Lose(t)
	for _, known := range []store.Rotation{s.first, second} {
		got, err := s.Rotations.Current(t.Context(), s.sid, known)
		if err != nil || !sameRotation(got, known) {
			t.Errorf("Current = %+v, %v; want the record's %+v", got, err, known)
		}
	}
}
