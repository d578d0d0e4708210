package faults_test

import (
	"fmt"
	"strings"
)

// complain fails the test for each, and shows the first ones.
func complain[T any](s *site, faults []T) {
	s.t.Helper()
	for i, f := range faults {
		if i == 10 {
			s.errorf("and %d more", len(faults)-i)
			return
		}
		s.errorf("%v", f)
	}
}

// errorf fails the test, and is repeated at its very end, below what was logged since.
func (s *site) errorf(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf(format, args...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complaints = append(s.complaints, fmt.Sprintf(format, args...))
}

// repeat shows once more why the test failed.
func (s *site) repeat() {
	if len(s.complaints) > 0 {
		s.t.Logf("failed, since:\n%s", strings.Join(s.complaints, "\n"))
	}
}
