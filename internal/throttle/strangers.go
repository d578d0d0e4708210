package throttle

import (
	"sync"
	"time"

	"gatehouse/store"
)

const (
	// maxStrangers is how many keys that a stranger can make up a process puts into the
	// shared store in a window. Keys live for an hour at most after their last try, so two
	// windows' keys are there at once: 35 MB of Redis.
	maxStrangers = 50_000
	window       = time.Hour
)

// strangers rations the keys that anybody can add to by making something up: counts of
// names that are nobody's, of networks, of IDs that no client has. Beyond the ration
// such tries are counted in this process (Limiter.Fallback), which forgets the least
// tried keys. Counts of accounts that exist have no ration: their failures cost a
// password hash each, so a flood cannot make many. The zero value is ready.
type strangers struct {
	mu    sync.Mutex
	until time.Time
	keys  map[store.Digest]struct{}
}

// admit reports whether the shared store may hold the key.
func (s *strangers) admit(key store.Digest, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.until.After(now) || s.until.Sub(now) > window { // the clock may have been set back
		s.until, s.keys = now.Add(window), make(map[store.Digest]struct{})
	}
	if _, known := s.keys[key]; !known && len(s.keys) >= maxStrangers {
		return false
	}
	s.keys[key] = struct{}{}
	return true
}
