package system_test

import (
	"net/http"
	"sync/atomic"
	"testing"
)

// killedServer kills A while apps refresh there. Each app continues at B with the
// token that it has, and no session ends.
func (s *site) killedServer(t *testing.T) {
	lena := s.newcomer(t, "lena", "user")
	sessions := s.signIns(t, lena, 12)
	var dying atomic.Bool
	var rounds atomic.Int64
	enough := make(chan struct{})
	go func() {
		<-enough
		dying.Store(true)
		s.a.kill()
	}()
	crowd(len(sessions), func(i int) answer {
		var a answer
		for range 20 {
			if rounds.Add(1) == 60 {
				close(enough)
			}
			if a = s.a.ask(s.shop.refresh(sessions[i].refresh)); a.err != nil && dying.Load() {
				a = s.b.ask(s.shop.refresh(sessions[i].refresh))
			}
			if a.is(t, http.StatusOK) {
				sessions[i] = a.tokens()
			}
		}
		return a
	})
	<-s.a.exited
	for _, session := range sessions {
		s.b.ask(profile(session.access)).is(t, http.StatusOK)
	}
}
