package refusal

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"gatehouse/store"
)

// Path is where the pages are that tell of refusals; the ID follows.
const Path = "/e/"

// About is what is to be said of a kind of mistake.
type About struct {
	// Title names it; Section is the rule that it breaks, and Parameter where it is.
	Title, Section, Parameter string
	// Mend says what to do.
	Mend string
	// As is the kind as which callers are told of it: the difference is for administrators
	// alone. Empty: as itself.
	As Kind
}

// Of returns what is to be said of a kind to administrators.
func Of(kind string) About {
	if about, known := kinds[Kind(kind)]; known {
		return about
	}
	return anyOther
}

// Public returns what is to be said of a kind to everybody.
func Public(kind string) About { return Of(string(public(Kind(kind)))) }

func public(kind Kind) Kind { return cmp.Or(kinds[kind].As, kind) }

// Kinds returns the kinds that checks name, in order.
func Kinds() []string {
	var all []string
	for kind := range kinds {
		all = append(all, string(kind))
	}
	slices.Sort(all)
	return all
}

// A Parameter is one that the app sent, and what of it is kept.
type Parameter struct{ Name, Value string }

// Parameters returns what is kept of the parameters, by name.
func Parameters(r store.Refusal) []Parameter {
	kept := map[string]string{}
	if json.Unmarshal(r.Parameters, &kept) != nil {
		return nil
	}
	var all []Parameter
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		all = append(all, Parameter{name, kept[name]})
	}
	return all
}

// A Difference is a text by the part in which it differs from another.
type Difference struct{ Before, Marked, After string }

// reasons are the sentences for the reasons that are for administrators alone.
var reasons = map[string]string{ //nolint:gosec // G101: these are sentences
	"unknown":    "Nobody has this name.",
	"password":   "The name is right, and the password is wrong.",
	"inactive":   "The person is deactivated.",
	"unverified": "The password was right.",
	"length":     "The password is longer than any can be.",
}

// Because returns the sentence for a reason; empty if there is none.
func Because(reason string) string { return reasons[reason] }

// alike is how many characters two texts share at least that are worth comparing.
const alike = 6

// Compare returns what was given and what was expected, with the difference marked if they
// are much alike.
func Compare(given, expected string) (g, e Difference) {
	g, e = Differ(given, expected)
	if given == "" || expected == "" || len(g.Before)+len(g.After) < alike {
		return Difference{Before: given}, Difference{Before: expected}
	}
	return g, e
}

// Differ returns two texts by the parts in which they differ; they share what is before and
// after that.
func Differ(a, b string) (of, from Difference) {
	before := 0
	for before < min(len(a), len(b)) && a[before] == b[before] {
		before++
	}
	before = boundary(a, before)
	after := 0
	for after < min(len(a), len(b))-before && a[len(a)-1-after] == b[len(b)-1-after] {
		after++
	}
	for after > 0 && a[len(a)-after]&0xC0 == 0x80 {
		after--
	}
	return Difference{a[:before], a[before : len(a)-after], a[len(a)-after:]}, Difference{b[:before], b[before : len(b)-after], b[len(b)-after:]}
}

// boundary moves n back to where a character begins.
func boundary(s string, n int) int {
	for n > 0 && n < len(s) && s[n]&0xC0 == 0x80 {
		n--
	}
	return n
}
