package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A key ID may begin with "-", and an operator types it as "keys list" shows it.
func TestKeyIDsAreNotReadAsFlags(t *testing.T) {
	id := "-" + strings.Repeat("aZ09_-", 7)
	for _, c := range []struct{ name, given, want string }{
		{"one that begins with a dash", "keys retire " + id + " --json", "keys retire --json -- " + id},
		{"one that begins with two", "keys retire -" + id[:42], "keys retire -- -" + id[:42]},
		{"one that does not", "keys retire " + id[1:], "keys retire " + id[1:]},
		{"after the end of the flags already", "keys retire -- " + id, "keys retire -- " + id},
		{"a flag with a value", "user list --role=" + id, "user list --role=" + id},
		{"a long flag", "client update shop --backchannel-logout-session-required", "client update shop --backchannel-logout-session-required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.Fields(c.want), keyIDsLast(strings.Fields(c.given))); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}
