package testkit

import (
	"strings"
	"testing"

	"gatehouse/internal/finding"
)

// Finds fails the test unless there is a finding of that check and level that contains
// the word.
func Finds(t testing.TB, found finding.List, check string, level finding.Level, word string) {
	t.Helper()
	for _, f := range found {
		if f.Check == check && f.Level == level && strings.Contains(f.String(), word) {
			return
		}
	}
	t.Errorf("findings = %v, want a %s of %q that contains %q", found, level, check, word)
}
