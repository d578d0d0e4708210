package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/client"
	"gatehouse/internal/grant"
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

// A command's own flag with the name of a setting hides the setting. Only the attributes
// of an app do, which replace the setting for that app.
func TestNoFlagHidesASetting(t *testing.T) {
	meant := map[string]bool{}
	for _, a := range client.Attributes(grant.Types()) {
		meant[a.Flag] = true
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !meant[f.Name] && cmd.Root().PersistentFlags().Lookup(f.Name) != nil {
				t.Errorf("%s has --%s, which is a setting, want another name", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk((&cli{flags: map[string]string{}}).rootCommand())
}
