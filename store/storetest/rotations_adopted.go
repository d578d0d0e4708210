package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

// adoptedRotations tests the record, which alone takes adopted steps.
func adoptedRotations(t *testing.T, open func(t *testing.T) RotationsFixture) {
	if open(t).Lose != nil {
		t.Skip("this back-end is not the record")
	}
	tests := []struct {
		name string
		run  func(*rotating, *testing.T)
	}{
		{"the predecessor gets the same successor after the grace", (*rotating).adoptedRepeats},
		{"until the successor has been used", (*rotating).adoptedUntilUsed},
		{"another token of the predecessor's generation is reuse", (*rotating).adoptedFork},
		{"one of many rotates, the others repeat", (*rotating).adoptedByMany},
		{"nothing is repeated after the end", (*rotating).adoptedEnds},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(newRotating(t, open(t)), t) })
	}
}

// adopt returns an adopted step from r, without any grace.
func (s *rotating) adopt(r store.Rotation) store.Step {
	step := s.stepFrom(r, 0)
	step.Adopted = true
	return step
}

func (s *rotating) adoptedRepeats(t *testing.T) {
	second := s.rotate(t, s.adopt(s.first), store.Rotated)
	time.Sleep(20 * time.Millisecond)
	for range 3 {
		if got := s.rotate(t, s.adopt(s.first), store.Repeated); !sameRotation(got, second) {
			t.Errorf("repeated as another rotation than the successor (-want +got):\n%s", cmp.Diff(second, got))
		}
	}
	s.rotate(t, s.adopt(second), store.Rotated)
}

func (s *rotating) adoptedUntilUsed(t *testing.T) {
	second := s.rotate(t, s.adopt(s.first), store.Rotated)
	third := s.rotate(t, s.adopt(second), store.Rotated)
	s.rotate(t, s.adopt(s.first), store.Reused)
	if got := s.rotate(t, s.adopt(second), store.Repeated); !sameRotation(got, third) {
		t.Errorf("repeated as another rotation than the successor (-want +got):\n%s", cmp.Diff(third, got))
	}
}

func (s *rotating) adoptedFork(t *testing.T) {
	s.rotate(t, s.adopt(s.first), store.Rotated)
	forged := NextRotation(store.Rotation{})
	s.rotate(t, s.adopt(forged), store.Reused)
}

func (s *rotating) adoptedByMany(t *testing.T) {
	const callers = 50
	outcomes := make([]store.Outcome, callers)
	rotations := make([]store.Rotation, callers)
	var wg sync.WaitGroup
	for i := range callers {
		step := s.adopt(s.first)
		wg.Go(func() {
			var err error
			if rotations[i], outcomes[i], err = s.Rotations.Rotate(t.Context(), s.sid, step); err != nil {
				t.Errorf("rotating the session: %v", err)
			}
		})
	}
	wg.Wait()
	told := make(map[store.Outcome][]store.Rotation)
	for i, outcome := range outcomes {
		told[outcome] = append(told[outcome], rotations[i])
	}
	winner := oneWinner(t, told, callers, store.Repeated)
	for _, got := range told[store.Repeated] {
		if !sameRotation(got, winner) {
			t.Errorf("repeated as another rotation than the winner's (-want +got):\n%s", cmp.Diff(winner, got))
		}
	}
}

func (s *rotating) adoptedEnds(t *testing.T) {
	s.rotate(t, s.adopt(s.first), store.Rotated)
	s.end(t, s.sid)
	s.rotate(t, s.adopt(s.first), store.Ended)
}
