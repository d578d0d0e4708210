package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
)

// The command that the console shows registers the same app as the page does.
func TestTheCommandOfTheConsoleIsUnderstood(t *testing.T) {
	for _, kind := range client.Kinds() {
		in := client.Input{Name: fields.Given("Shop"), FirstParty: fields.On(true), RedirectURIs: fields.Listed("https://shop.example/cb")}
		words := strings.Fields(strings.Join(client.Command(kind.Name, in), " "))
		var flags clientFlags
		set := pflag.NewFlagSet("create", pflag.ContinueOnError)
		flags.addKind(set)
		flags.add(set, grant.Types(), "disabled")
		if err := set.Parse(words[3:]); err != nil {
			t.Fatalf("%s: parsing %q: %v", kind.Name, words, err)
		}
		got, err := flags.input(set)
		kind.Fill(&in)
		if diff := cmp.Diff(in, got); err != nil || diff != "" {
			t.Errorf("%s: %v, and it registers another app (-want +got):\n%s", kind.Name, err, diff)
		}
	}
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	var flags clientFlags
	set := pflag.NewFlagSet("create", pflag.ContinueOnError)
	flags.addKind(set)
	flags.add(set, grant.Types(), "disabled")
	if err := set.Parse([]string{"--kind", "phone"}); err != nil {
		t.Fatalf("parsing: %v", err)
	}
	if _, err := flags.input(set); err == nil || !strings.Contains(err.Error(), "web, spa, native, machine or agent") {
		t.Errorf("an unknown kind: %v, want a refusal that names the kinds", err)
	}
}
