package keys

import (
	"slices"
	"time"
)

// A State is where a key is in its life. It follows from the times of the
// generations alone, so every replica sees the same without asking the others.
type State string

// The states, in order. A key is in the JWKS while published, signing or verifying.
const (
	Published State = "published" // from CreatedAt
	Signing   State = "signing"   // from SignFrom
	Verifying State = "verifying" // from the next generation's SignFrom
	Gone      State = "gone"      // Options.VerifyFor later
	Retired   State = "retired"   // withdrawn by an operator
)

// A schedule is all keys of the record, by generation.
type schedule []*key

// setGone works out when each key is gone: verifyFor after the next one that
// signs takes over, when its last token has expired.
func (s schedule) setGone(verifyFor time.Duration) {
	for i, k := range s {
		k.goneAt = k.RetiredAt
		if later := slices.IndexFunc(s[i+1:], (*key).takesOver); !k.retired() && later >= 0 {
			k.goneAt = s[i+1+later].SignFrom.Add(verifyFor)
		}
	}
}

// signing returns the key in force: the latest whose time has come. If that one
// was retired, it is the next whose time is to come; a key that has been
// superseded never signs again, for it will be gone too soon. It returns nil if
// there is none.
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
	return early
}

// next returns the key that is to follow the one in force, or nil.
func (s schedule) next(now time.Time) *key {
	current := s.signing(now)
	for _, k := range s {
		if current != nil && k.Generation > current.Generation && !k.retired() {
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

// lastGeneration is that of the newest key; the newest is never erased.
func (s schedule) lastGeneration() int64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Generation
}

// dueAt is when the next key is to be published, if every has a value.
func dueAt(current *key, every, lead time.Duration) time.Time {
	return current.SignFrom.Add(every - lead)
}
