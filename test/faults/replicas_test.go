package faults_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestReplicas puts three replicas through faults of their own and of their clocks, and
// through abuse by strangers.
func TestReplicas(t *testing.T) {
	s := newSite(t, "GATEHOUSE_BACKCHANNEL_PRIVATE=allow")
	s.onMySQL(3)
	s.onRedis()
	for i, r := range s.replicas {
		r.settings = append(r.settings, "FAULT_CLOCK="+s.clockFile(i))
	}
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	base := s.atRest(t, l)
	for _, f := range append(s.replicaFaults(t), s.abuses(t)...) {
		s.suffer(t, f)
	}
	s.asBefore(t, l, base)
	l.finish(t)
}

// TestKeys rotates the signing keys every few seconds, while verifiers cache the key
// set for as long as they may.
func TestKeys(t *testing.T) {
	const rotate, lead = 6 * time.Second, 3 * time.Second
	s := newSite(t, "GATEHOUSE_KEY_ROTATE_EVERY="+rotate.String(), "GATEHOUSE_KEY_PUBLISH_LEAD="+lead.String())
	s.onMySQL(3)
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	for _, f := range []fault{
		{id: "F27", name: fmt.Sprintf("the keys rotate every %s", rotate), hold: longer(25*time.Second, 5*time.Minute), spotless: true},
		{id: "F39", name: "the master key is replaced, with every replica restarted twice, while keys rotate", during: s.replaceMasterKey(), spotless: true},
		{id: "F28", name: "four operators rotate the keys at once", during: s.rotateAtOnce(4), works: append(needNoDatabase, kinds("userinfo verify")...)},
		{id: "F28", name: "a replica is killed while keys rotate", during: s.killReplicas(longer(3, 10))},
	} {
		s.suffer(t, f)
	}
	l.finish(t)
}

func (s *site) replicaFaults(t *testing.T) []fault {
	return []fault{
		{id: "F01", name: "a replica is killed at random moments", during: s.killReplicas(longer(4, 20))},
		{id: "F29", name: "the replicas are restarted one by one", during: s.rollingRestart(1), spotless: true},
		{id: "F43", name: "a replica is told to stop, twice", during: s.stopTwice()},
		{id: "F24", name: "a replica's log is not read", during: s.blockedLog(t), works: append(needNoDatabase, kinds("token.refresh userinfo")...)},
		{id: "F40", name: "an app never answers its logout notices", during: s.tarPit(t), spotless: true},
		{id: "F26", name: "the replicas' clocks are 50 s apart", hold: longer(5*time.Second, 12*time.Second),
			begin: func() { s.setClocks("-25s", "25s", "0s") }, end: func() { s.setClocks("0s", "0s", "0s") }, spotless: true},
	}
}

// killReplicas kills a replica in the middle of its work, and starts it again.
func (s *site) killReplicas(times int) func() {
	return func() {
		for i := range times {
			time.Sleep(500*time.Millisecond + rand.N(time.Second))
			r := s.replicas[i%len(s.replicas)]
			r.kill()
			r.start()
		}
	}
}

// rollingRestart restarts every replica as an upgrade does: a replica that is told to
// stop finishes its requests.
func (s *site) rollingRestart(rounds int) func() {
	return func() {
		for range rounds {
			for _, r := range s.replicas {
				if code := r.stop(); code != 0 {
					s.errorf("%s ended with code %d, want 0", r.name, code)
				}
				r.start()
				time.Sleep(time.Second) // until the balancer has seen it
			}
		}
	}
}

// replaceMasterKey follows the steps in docs/operations.md.
func (s *site) replaceMasterKey() func() {
	restart := s.rollingRestart(1)
	return func() {
		var old string
		for _, setting := range s.settings { // the last one of each name counts
			if key, is := strings.CutPrefix(setting, "GATEHOUSE_MASTER_KEY="); is {
				old = key
			}
		}
		s.settings = append(s.settings, "GATEHOUSE_MASTER_KEY="+s.masterKey(), "GATEHOUSE_MASTER_KEY_PREVIOUS="+old)
		restart()
		s.run("", "keys", "rewrap")
		s.settings = append(s.settings, "GATEHOUSE_MASTER_KEY_PREVIOUS=")
		restart()
	}
}

// stopTwice tells a replica to stop twice: it must not wait for its requests.
func (s *site) stopTwice() func() {
	return func() {
		r := s.replicas[0]
		began := time.Now()
		r.interrupt()
		time.Sleep(100 * time.Millisecond)
		r.interrupt()
		<-r.exited
		if took := time.Since(began); took > 5*time.Second {
			s.errorf("told to stop twice, %s ended after %s, want at most 5s", r.name, took)
		}
		r.start()
	}
}

// blockedLog restarts a replica whose log goes to a pipe that nobody reads.
func (s *site) blockedLog(t *testing.T) func() {
	return func() {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatalf("making a pipe: %v", err)
		}
		r := s.replicas[2]
		r.stop()
		r.sink = writer
		r.start()
		go func() { _, _ = writer.Write(make([]byte, 1<<20)) }() // more than a pipe holds; it ends with the reader
		time.Sleep(longer(5*time.Second, 10*time.Second))
		if err := r.ready(); err != nil {
			s.errorf("with a blocked log: %v", err)
		}
		if code := r.stop(); code != 0 {
			s.errorf("with a blocked log, %s ended with code %d, want 0", r.name, code)
		}
		_, _ = reader.Close(), writer.Close()
		r.sink = nil
		r.start()
	}
}

// clockFile returns the file from which replica i reads the offset of its clock.
func (s *site) clockFile(i int) string { return filepath.Join(s.folder, fmt.Sprint("clock", i)) }

// setClocks sets the clocks of the replicas, and waits until they have noticed.
func (s *site) setClocks(offsets ...string) {
	for i, offset := range offsets {
		if err := os.WriteFile(s.clockFile(i), []byte(offset), 0o600); err != nil {
			s.errorf("%v", err)
		}
	}
	time.Sleep(300 * time.Millisecond)
}

// rotateAtOnce lets n command lines rotate the keys at the same moment.
func (s *site) rotateAtOnce(n int) func() {
	return func() {
		var all sync.WaitGroup
		for range n {
			all.Go(func() { _ = s.command(s.t, "keys", "rotate").Run() }) // one wins; the others may be told that a key is waiting
		}
		all.Wait()
		time.Sleep(3 * time.Second)
		signing := 0
		for line := range strings.Lines(string(s.run("", "keys", "list"))) {
			if strings.Contains(line, "signing") {
				signing++
			}
		}
		if signing != 1 {
			s.errorf("%d keys sign, want 1", signing)
		}
	}
}
