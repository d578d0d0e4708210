package faults_test

import (
	"fmt"
	"strings"
)

// complain fails the test for each fault, and shows the first ones.
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

// errorf fails the test. Its message is repeated at the very end, below everything
// that was logged since.
func (s *site) errorf(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf(format, args...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complaints = append(s.complaints, fmt.Sprintf(format, args...))
}

// repeat logs the reasons of the failure once more.
func (s *site) repeat() {
	if len(s.complaints) > 0 {
		s.t.Logf("the test failed because:\n%s", strings.Join(s.complaints, "\n"))
	}
}
