package system_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// killedServer: apps refresh at A, which is killed in the middle of it. Each goes
// on at B with what it had, and nobody's session ends.
func (s *site) killedServer(t *testing.T) {
	lena := s.newcomer(t, "lena", "user")
	sessions := s.signIns(t, lena, 12)
	var rounds atomic.Int64
	var dying atomic.Bool
	go func() {
		for rounds.Load() < 60 {
			time.Sleep(time.Millisecond)
		}
		dying.Store(true)
		s.a.kill()
	}()
	crowd(len(sessions), func(i int) answer {
		var a answer
		for range 20 {
			rounds.Add(1)
			if a = s.a.ask(s.shop.refresh(sessions[i].refresh)); a.err != nil && dying.Load() {
				a = s.b.ask(s.shop.refresh(sessions[i].refresh))
			}
			if !a.is(t, http.StatusOK) {
				return a
			}
			sessions[i] = a.tokens()
		}
		return a
	})
	<-s.a.exited
	for _, session := range sessions {
		s.b.ask(profile(session.access)).is(t, http.StatusOK)
	}
}
