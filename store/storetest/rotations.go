package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

// A RotationsFixture is a back-end under test, with what the tests need around it.
type RotationsFixture struct {
	Rotations store.Rotations
	// NewSession starts a session and returns its first rotation, which the record
	// holds: NextRotation of the zero Rotation.
	NewSession func(t *testing.T) (sid string, first store.Rotation)
	// End ends a session in the record; nil if the back-end has no record.
	End func(t *testing.T, sid string)
	// Lose makes the back-end forget everything; nil if it is the record itself.
	Lose func(t *testing.T)
}

// longGrace is longer than any test takes.
const longGrace = time.Minute

// Rotations tests the promises of store.Rotations.
func Rotations(t *testing.T, open func(t *testing.T) RotationsFixture) {
	tests := []struct {
		name string
		run  func(*rotating, *testing.T)
	}{
		{"the current token is rotated", (*rotating).rotatesCurrent},
		{"a long line of rotations", (*rotating).rotatesOn},
		{"the predecessor within the grace gets the same successor", (*rotating).repeatsWithinGrace},
		{"the predecessor after the grace is reuse", (*rotating).reuseAfterGrace},
		{"without a grace the predecessor is reuse", (*rotating).reuseWithoutGrace},
		{"a token older than the predecessor is reuse, also within the grace", (*rotating).reuseOfOlder},
		{"another token of the current generation is reuse", (*rotating).reuseOfFork},
		{"another token of the predecessor's generation is reuse", (*rotating).reuseOfForkedPredecessor},
		{"reuse changes nothing", (*rotating).reuseChangesNothing},
		{"our own step repeated is rotated, whatever the grace", (*rotating).ownStepRepeated},
		{"our own step repeated after the next one", (*rotating).ownStepRepeatedLate},
		{"one of many rotates, the others repeat", (*rotating).manyWithinGrace},
		{"one of many rotates, the others are reuse without a grace", (*rotating).manyWithoutGrace},
		{"many rounds of many", (*rotating).manyRounds},
		{"nothing rotates after Forget", (*rotating).endedStays},
		{"Forget of many sessions", (*rotating).forgetMany},
		{"no concurrent rotation comes after Forget", (*rotating).forgetRace},
		{"sessions are independent", (*rotating).sessionsApart},
		{"Current", (*rotating).current},
		{"a caller who went away", (*rotating).cancelledRotation},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(newRotating(t, open(t)), t) })
	}
	t.Run("adopted", func(t *testing.T) { adoptedRotations(t, open) })
	t.Run("after a loss", func(t *testing.T) { lostRotations(t, open) })
}

// A rotating is the session of one test.
type rotating struct {
	RotationsFixture
	sid   string
	first store.Rotation
}

func newRotating(t *testing.T, f RotationsFixture) *rotating {
	t.Helper()
	sid, first := f.NewSession(t)
	return &rotating{RotationsFixture: f, sid: sid, first: first}
}

// NextRotation returns a fresh successor of r, with every field filled.
func NextRotation(r store.Rotation) store.Rotation {
	now := time.Now().UTC().Truncate(time.Second)
	return store.Rotation{
		Gen: r.Gen + 1, JTI: rand.Text(), IssuedAt: now, ExpiresAt: now.Add(14*24*time.Hour + 13*time.Second),
		From: r.JTI, Role: store.RoleStaff, KeyID: "key-" + rand.Text(), Network: "192.0.2.0/24",
	}
}

// stepFrom returns a step that presents the token of r.
func (s *rotating) stepFrom(r store.Rotation, grace time.Duration) store.Step {
	return store.Step{
		Gen: r.Gen, JTI: r.JTI, Known: s.first, Next: NextRotation(r),
		Grace: grace, Until: time.Now().Add(90 * 24 * time.Hour),
	}
}

// rotate makes a step and wants that outcome. It returns the rotation of the outcome, if
// it has one.
func (s *rotating) rotate(t *testing.T, step store.Step, want store.Outcome) store.Rotation {
	t.Helper()
	got, outcome, err := s.Rotations.Rotate(t.Context(), s.sid, step)
	if err != nil {
		t.Fatalf("rotating the session: %v", err)
	}
	if outcome != want {
		t.Fatalf("presenting generation %d: outcome %s, want %s", step.Gen, outcomeName(outcome), outcomeName(want))
	}
	if outcome == store.Rotated && !sameRotation(got, step.Next) {
		t.Fatalf("rotated to %+v, want the step's Next %+v", got, step.Next)
	}
	if outcome == store.Reused {
		s.namesCurrent(t, step.Known, got)
	}
	return got
}

// namesCurrent wants the rotation beside Reused to be the current one, which the audit
// log keeps.
func (s *rotating) namesCurrent(t *testing.T, known, got store.Rotation) {
	t.Helper()
	want, err := s.Rotations.Current(t.Context(), s.sid, known)
	if err != nil || !sameRotation(got, want) {
		t.Errorf("Reused with another rotation than the current one: %v (-want +got):\n%s", err, cmp.Diff(want, got))
	}
}

// forward rotates from r and returns the new rotation.
func (s *rotating) forward(t *testing.T, r store.Rotation) store.Rotation {
	t.Helper()
	return s.rotate(t, s.stepFrom(r, longGrace), store.Rotated)
}

func sameRotation(a, b store.Rotation) bool {
	times := a.IssuedAt.Equal(b.IssuedAt) && a.ExpiresAt.Equal(b.ExpiresAt)
	a.IssuedAt, a.ExpiresAt, b.IssuedAt, b.ExpiresAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return times && a == b
}

func outcomeName(o store.Outcome) string {
	names := map[store.Outcome]string{
		store.Rotated: "Rotated", store.Repeated: "Repeated", store.Reused: "Reused", store.Ended: "Ended",
	}
	if name, ok := names[o]; ok {
		return name
	}
	return "none"
}

func (s *rotating) rotatesCurrent(t *testing.T) {
	s.rotate(t, s.stepFrom(s.first, 0), store.Rotated)
}

func (s *rotating) rotatesOn(t *testing.T) {
	r := s.first
	for range 25 {
		r = s.rotate(t, s.stepFrom(r, 0), store.Rotated)
	}
	if r.Gen != 26 {
		t.Errorf("after 25 rotations the generation is %d, want 26", r.Gen)
	}
}

func (s *rotating) repeatsWithinGrace(t *testing.T) {
	second := s.forward(t, s.first)
	for range 3 {
		if got := s.rotate(t, s.stepFrom(s.first, longGrace), store.Repeated); !sameRotation(got, second) {
			t.Errorf("repeated as %+v, want the successor %+v", got, second)
		}
	}
	s.forward(t, second) // the repeats changed nothing
}

func (s *rotating) reuseAfterGrace(t *testing.T) {
	second := s.forward(t, s.first)
	const short = 100 * time.Millisecond
	time.Sleep(short + 50*time.Millisecond)
	s.rotate(t, s.stepFrom(s.first, short), store.Reused)
	s.forward(t, second)
}

func (s *rotating) reuseWithoutGrace(t *testing.T) {
	s.rotate(t, s.stepFrom(s.first, 0), store.Rotated)
	s.rotate(t, s.stepFrom(s.first, 0), store.Reused)
}

// reuseOfOlder: only the immediate predecessor has a grace.
func (s *rotating) reuseOfOlder(t *testing.T) {
	second := s.forward(t, s.first)
	third := s.forward(t, second)
	s.rotate(t, s.stepFrom(s.first, time.Hour), store.Reused)
	if got := s.rotate(t, s.stepFrom(second, time.Hour), store.Repeated); !sameRotation(got, third) {
		t.Errorf("the repeated rotation differs (-want +got):\n%s", cmp.Diff(third, got))
	}
}

func (s *rotating) reuseOfFork(t *testing.T) {
	second := s.forward(t, s.first)
	forged := second
	forged.JTI = rand.Text()
	s.rotate(t, s.stepFrom(forged, longGrace), store.Reused)
	s.forward(t, second)
}

func (s *rotating) reuseOfForkedPredecessor(t *testing.T) {
	s.forward(t, s.first)
	forged := s.first
	forged.JTI = rand.Text()
	s.rotate(t, s.stepFrom(forged, longGrace), store.Reused)
}

func (s *rotating) reuseChangesNothing(t *testing.T) {
	third := s.forward(t, s.forward(t, s.first))
	s.rotate(t, s.stepFrom(s.first, longGrace), store.Reused)
	got, err := s.Rotations.Current(t.Context(), s.sid, s.first)
	if err != nil || !sameRotation(got, third) {
		t.Errorf("after a reuse: %v, and the last rotation differs (-want +got):\n%s", err, cmp.Diff(third, got))
	}
	s.forward(t, third)
}

func (s *rotating) ownStepRepeated(t *testing.T) {
	step := s.stepFrom(s.first, 0)
	s.rotate(t, step, store.Rotated)
	time.Sleep(20 * time.Millisecond)
	s.rotate(t, step, store.Rotated)
	s.rotate(t, s.stepFrom(step.Next, 0), store.Rotated)
}

// ownStepRepeatedLate: the answer to a step was lost. Another tab got its token as a
// repeat and rotated again, and only then does the driver repeat the step.
func (s *rotating) ownStepRepeatedLate(t *testing.T) {
	step := s.stepFrom(s.first, longGrace)
	s.rotate(t, step, store.Rotated)
	third := s.forward(t, step.Next)
	s.rotate(t, step, store.Rotated)
	s.forward(t, third)
}

// contend lets many callers present the token of r at once, and returns their rotations
// by outcome.
func (s *rotating) contend(t *testing.T, r store.Rotation, grace time.Duration, callers int) map[store.Outcome][]store.Rotation {
	t.Helper()
	told := make(map[store.Outcome][]store.Rotation)
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range callers {
		step := s.stepFrom(r, grace)
		wg.Go(func() {
			<-begin
			got, outcome, err := s.Rotations.Rotate(t.Context(), s.sid, step)
			if err != nil {
				t.Errorf("rotating the session: %v", err)
			}
			if outcome == store.Rotated && !sameRotation(got, step.Next) {
				t.Errorf("rotated to %+v, want the caller's own Next %+v", got, step.Next)
			}
			mu.Lock()
			defer mu.Unlock()
			told[outcome] = append(told[outcome], got)
		})
	}
	close(begin)
	wg.Wait()
	return told
}

// oneWinner wants one caller to get Rotated and the rest to get others, and returns the
// winner's rotation.
func oneWinner(t *testing.T, told map[store.Outcome][]store.Rotation, callers int, others store.Outcome) store.Rotation {
	t.Helper()
	if won, rest := len(told[store.Rotated]), len(told[others]); won != 1 || rest != callers-1 {
		t.Fatalf("of %d callers, %d rotated and %d got %s, want 1 and %d", callers, won, rest, outcomeName(others), callers-1)
	}
	return told[store.Rotated][0]
}

func (s *rotating) manyWithinGrace(t *testing.T) {
	const callers = 50
	told := s.contend(t, s.first, time.Minute, callers)
	winner := oneWinner(t, told, callers, store.Repeated)
	for _, got := range told[store.Repeated] {
		if !sameRotation(got, winner) {
			t.Errorf("repeated as %+v, want the winner's %+v", got, winner)
		}
	}
	s.forward(t, winner)
}

func (s *rotating) manyWithoutGrace(t *testing.T) {
	const callers = 50
	winner := oneWinner(t, s.contend(t, s.first, 0, callers), callers, store.Reused)
	s.forward(t, winner)
}

func (s *rotating) manyRounds(t *testing.T) {
	const callers = 8
	r := s.first
	for range 20 {
		r = oneWinner(t, s.contend(t, r, time.Minute, callers), callers, store.Repeated)
	}
}

// end ends sessions as callers do, first in the record.
func (s *rotating) end(t *testing.T, sids ...string) {
	t.Helper()
	for _, sid := range sids {
		if s.End != nil {
			s.End(t, sid)
		}
	}
	if err := s.Rotations.Forget(t.Context(), sids...); err != nil {
		t.Fatalf("forgetting the sessions: %v", err)
	}
}

func (s *rotating) endedStays(t *testing.T) {
	second := s.forward(t, s.first)
	s.end(t, s.sid)
	for _, r := range []store.Rotation{s.first, second, NextRotation(second)} {
		s.rotate(t, s.stepFrom(r, longGrace), store.Ended)
	}
	s.end(t, s.sid) // repeating it is not an error
	s.rotate(t, s.stepFrom(second, longGrace), store.Ended)
}

// forgetMany: most of the sessions were never rotated, so a back-end beside the record
// does not have them.
func (s *rotating) forgetMany(t *testing.T) {
	if err := s.Rotations.Forget(t.Context()); err != nil {
		t.Errorf("forgetting nothing: %v", err)
	}
	sessions, sids := []*rotating{s}, []string{s.sid}
	for range 40 {
		more := newRotating(t, s.RotationsFixture)
		sessions, sids = append(sessions, more), append(sids, more.sid)
	}
	s.forward(t, s.first)
	s.end(t, sids...)
	for _, ended := range sessions {
		ended.rotate(t, ended.stepFrom(ended.first, longGrace), store.Ended)
	}
}

func (s *rotating) forgetRace(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for r := s.first; ; {
				next, outcome, err := s.Rotations.Rotate(t.Context(), s.sid, s.stepFrom(r, time.Minute))
				if err != nil {
					t.Errorf("rotating the session: %v", err)
				}
				if err != nil || outcome == store.Ended {
					return
				}
				if outcome == store.Reused { // the others are ahead
					next, err = s.Rotations.Current(t.Context(), s.sid, s.first)
					if err != nil {
						return
					}
				}
				r = next
			}
		})
	}
	time.Sleep(30 * time.Millisecond)
	s.end(t, s.sid)
	s.rotate(t, s.stepFrom(s.first, longGrace), store.Ended)
	wg.Wait()
	s.rotate(t, s.stepFrom(s.first, longGrace), store.Ended)
}

func (s *rotating) sessionsApart(t *testing.T) {
	other := newRotating(t, s.RotationsFixture)
	second := s.forward(t, s.first)
	theirs := other.forward(t, other.first)
	s.end(t, s.sid)
	s.rotate(t, s.stepFrom(second, longGrace), store.Ended)
	other.forward(t, theirs)
}

func (s *rotating) current(t *testing.T) {
	ask := func(want store.Rotation) {
		t.Helper()
		got, err := s.Rotations.Current(t.Context(), s.sid, s.first)
		if err != nil || !sameRotation(got, want) {
			t.Errorf("reading the current rotation: %v, and it differs (-want +got):\n%s", err, cmp.Diff(want, got))
		}
	}
	ask(s.first)
	second := s.forward(t, s.first)
	ask(second)
	third := s.forward(t, second)
	ask(third)
	ask(third) // reading changed nothing
	s.forward(t, third)
	s.end(t, s.sid)
	if got, err := s.Rotations.Current(t.Context(), s.sid, s.first); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Current of an ended session = %+v, %v; want ErrNotFound", got, err)
	}
}

// cancelledRotation: a caller who went away gets context.Canceled, and not ErrUnavailable.
func (s *rotating) cancelledRotation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.Rotations.Rotate(ctx, s.sid, s.stepFrom(s.first, longGrace))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
	s.forward(t, s.first)
	if err := s.Rotations.Ping(t.Context()); err != nil {
		t.Errorf("pinging the store: %v", err)
	}
}
