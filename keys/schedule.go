package keys

import (
	"slices"
	"time"

	"gatehouse/store"
)

// A State is the stage of a key's life. It follows from the times of the
// generations alone, so all replicas agree on it without asking each other.
type State string

// The states, in order. A key is in the JWKS while published, signing or verifying.
const (
	Published State = "published" // from CreatedAt
	Signing   State = "signing"   // from SignFrom
	Verifying State = "verifying" // from the next generation's SignFrom
	Gone      State = "gone"      // Options.VerifyFor later
	Retired   State = "retired"   // withdrawn by an operator
)

// A schedule holds all keys of one algorithm, ordered by generation.
type schedule []*key

// setGone computes when each key is gone: verifyFor after its successor takes over,
// when its last token has expired.
func (s schedule) setGone(verifyFor time.Duration) {
	for i, k := range s {
		k.goneAt = k.RetiredAt
		if later := slices.IndexFunc(s[i+1:], (*key).takesOver); !k.retired() && later >= 0 {
			k.goneAt = s[i+1+later].SignFrom.Add(verifyFor)
		}
	}
}

// signing returns the key in force: the latest one whose SignFrom has come. If that
// one was retired, the next one signs early; a superseded key never signs again,
// because it will be gone too soon. signing returns nil if no key is in force. An algorithm
// beside RS256 has none until its first key was published for long enough, because until then
// another signs in its place; the first key of RS256 may be ahead of this replica's clock.
func (s schedule) signing(now time.Time) *key {
	var early *key
	for _, k := range slices.Backward(s) {
		switch {
		case k.SignFrom.After(now):
			if !k.retired() {
				early = k
			}
		case !k.retired():
			return k
		case k.takesOver():
			return early
		}
	}
	if early != nil && early.Algorithm != store.RS256 {
		return nil
	}
	return early
}

// next returns the successor of the key in force, or the first key to come, or nil.
func (s schedule) next(now time.Time) *key {
	current := s.signing(now)
	for _, k := range s {
		if (current == nil || k.Generation > current.Generation) && !k.retired() {
			return k
		}
	}
	return nil
}

func (s schedule) state(k *key, now time.Time) State {
	switch {
	case k.retired():
		return Retired
	case k.gone(now):
		return Gone
	case k == s.signing(now):
		return Signing
	case k.SignFrom.After(now):
		return Published
	}
	return Verifying
}

// inUse returns the keys of the JWKS.
func (s schedule) inUse(now time.Time) []*key {
	return slices.DeleteFunc(slices.Clone(s), func(k *key) bool { return k.gone(now) })
}

// signed reports whether a key has ever been in force. The last one that was is not erased.
func (s schedule) signed(now time.Time) bool {
	return slices.ContainsFunc(s, func(k *key) bool { return k.takesOver() && !k.SignFrom.After(now) })
}

// lastGeneration returns the generation of the newest key, which is never erased.
func (s schedule) lastGeneration() int64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Generation
}

// dueAt returns when the next key is to be published. It has a meaning only if every
// is not 0.
func dueAt(current *key, every, lead time.Duration) time.Time {
	return current.SignFrom.Add(every - lead)
}
