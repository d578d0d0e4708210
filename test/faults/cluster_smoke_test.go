package faults_test

import ("testing";"time")

func TestSmoke(t *testing.T) {
	s := newSite(t)
	s.onMySQL(3)
	s.onRedis()
	s.open()
	l := s.load(1, 150*time.Millisecond)
	s.suffer(t, fault{id: "F00", name: "nothing", hold: 8*time.Second, spotless: true})
	l.finish(t)
}
