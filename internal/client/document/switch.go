package document

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The rules for clients by URL.
const (
	// Auto accepts them while an API admits clients that nobody registered here.
	Auto = "auto"
	// Listed accepts those of the listed hosts.
	Listed = "listed"
	// Off accepts none.
	Off = "off"
)

// Modes are the rules.
func Modes() []string { return []string{Auto, Listed, Off} }

const (
	// switchMemory is below the second within which an API that an administrator opened or
	// closed counts everywhere.
	switchMemory = 900 * time.Millisecond
	// switchPatience is how long a document that describes the server may wait for the answer.
	switchPatience = time.Second
)

// A Switch says whether clients by URL are accepted.
type Switch struct {
	// Mode is one of Modes. Hosts are those of Listed, in lower case and with a port that
	// is not 443.
	Mode  string
	Hosts []string
	APIs  interface {
		APIsOpenToAll(ctx context.Context) (bool, error)
	}
	Now func() time.Time

	mu     sync.Mutex
	on     bool
	asked  time.Time
	asking bool
}

// On reports whether clients by URL are accepted. It asks the record about once a second.
func (s *Switch) On(ctx context.Context) (bool, error) {
	if s.Mode != Auto {
		return s.Mode == Listed, nil
	}
	if on, known := s.remembered(); known {
		return on, nil
	}
	return s.ask(ctx)
}

// ask asks the record, after remembered has told the caller to.
func (s *Switch) ask(ctx context.Context) (bool, error) {
	now := s.Now()
	on, err := s.APIs.APIsOpenToAll(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking = false; err != nil {
		return false, fmt.Errorf("asking whether an API is open to all: %w", err)
	}
	s.on, s.asked = on, now
	return on, nil
}

// remembered returns what the record said less than a second ago, or before if another
// caller is asking it. If it reports false, the caller has to ask.
func (s *Switch) remembered() (on, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.Now().Sub(s.asked)
	known = !s.asked.IsZero() && age >= 0 && (age < switchMemory || s.asking)
	s.asking = s.asking || !known
	return s.on, known
}

// Advertised is On for the documents that describe the server, which do not fail: while the
// record does not answer, it returns what was the case before.
func (s *Switch) Advertised(ctx context.Context) bool {
	if s.Mode != Auto {
		return s.Mode == Listed
	}
	on, known := s.remembered()
	if known {
		return on
	}
	ctx, cancel := context.WithTimeout(ctx, switchPatience)
	defer cancel()
	on, err := s.ask(ctx)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = s.Now() // not every caller waits
		return s.on
	}
	return on
}

// admits reports whether the host of a URL is accepted.
func (s *Switch) admits(u *url.URL) bool {
	return s.Mode != Listed || slices.Contains(s.Hosts, strings.TrimSuffix(strings.ToLower(u.Host), ":443"))
}
