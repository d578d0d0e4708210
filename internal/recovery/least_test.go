package recovery

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"gatehouse/store"
)

// kept names the fields of a client that a restore keeps as the backup has them, and why
// that gives back nothing that was taken away. A right does not belong here: it belongs
// in least.
var kept = map[string]string{
	"ID":                   "both databases know the client by it",
	"Name":                 "it is shown to people, and allows nothing",
	"Origin":               "it is how the client became known; only an adoption changes it, which gives rights",
	"Registration":         "its token is that of the client for good, and the rest says how the client was judged",
	"BackchannelSession":   "it is a wish about the notices; least decides whether and where they are sent",
	"AccessTokenLifetime":  "it says how long a token lasts; least decides what a token allows",
	"RefreshTokenIdle":     "as AccessTokenLifetime",
	"RefreshTokenLifetime": "as AccessTokenLifetime",
	"MaxSessions":          "as AccessTokenLifetime",
	"IDTokenSigning":       "as Signing of an API",
	"RefreshSigning":       "it says how a token is signed that nobody but the server reads",
	"Generation":           "it counts ends, and nobody writes it",
	"CreatedAt":            "it is history",
	"LastUsedAt":           "it is history",
	"UpdatedAt":            "the carry-over itself sets it when it changes the client",
}

// keptOfAPIs is kept for the fields of an API, with leastAPI.
var keptOfAPIs = map[string]string{
	"ID":                  "both databases know the API by it",
	"Identifier":          "another identifier is another API, which is closed",
	"Name":                "it is shown to people, and allows nothing",
	"AccessTokenLifetime": "as for a client",
	"Signing":             "it says how a token is signed, and the API may refuse any other",
	"TokenType":           "it says how a token looks, and the API may refuse the other",
	"CreatedAt":           "it is history",
	"UpdatedAt":           "the carry-over itself sets it when it changes the API",
	"LastUsedAt":          "it is history",
}

// TestEveryFieldOfAnAPIIsDecided is TestEveryFieldOfAClientIsDecided for APIs. The rule for
// clients, and the scopes, have words and shapes of their own: see TestAnAPIAllowsWhatBothAllow.
func TestEveryFieldOfAnAPIIsDecided(t *testing.T) {
	of := reflect.TypeFor[store.API]()
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Name == "Clients" || field.Name == "Scopes" {
			continue
		}
		one, other := differing(t, field)
		_, want := keptOfAPIs[field.Name]
		if got := keepsOver(leastAPI, field, one, other) && keepsOver(leastAPI, field, other, one); got != want {
			t.Errorf("a restore keeps %s = %t, want %t: narrow it in leastAPI, or name it in keptOfAPIs with the reason", field.Name, got, want)
		}
	}
}

// TestEveryFieldOfAClientIsDecided checks that a field is either kept as the backup has
// it, and named above, or changed by least when the replaced database differs.
func TestEveryFieldOfAClientIsDecided(t *testing.T) {
	clients := reflect.TypeFor[store.Client]()
	for i := range clients.NumField() {
		field := clients.Field(i)
		_, want := kept[field.Name]
		if got := keeps(t, field); got != want {
			t.Errorf("a restore keeps %s = %t, want %t: narrow it in least, or name it in kept with the reason", field.Name, got, want)
		}
	}
	for name := range kept {
		if _, known := clients.FieldByName(name); !known {
			t.Errorf("kept names the field %s, want only fields that a client has", name)
		}
	}
}

// keeps reports whether least returns the field as the backup has it, whatever the
// replaced database says.
func keeps(t *testing.T, field reflect.StructField) bool {
	t.Helper()
	one, other := differing(t, field)
	return keepsOver(least, field, one, other) && keepsOver(least, field, other, one)
}

func keepsOver[R any](least func(was, since R) R, field reflect.StructField, was, since any) bool {
	var a, b R
	reflect.ValueOf(&a).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(was))
	reflect.ValueOf(&b).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(since))
	got := reflect.ValueOf(least(a, b)).FieldByIndex(field.Index).Interface()
	return fmt.Sprint(got) == fmt.Sprint(was)
}

// differing returns two values of the field. Neither includes the other.
func differing(t *testing.T, field reflect.StructField) (one, other any) {
	t.Helper()
	switch reflect.Zero(field.Type).Interface().(type) {
	case string:
		return "a b", "b c"
	case bool:
		return true, false
	case store.ClientOrigin:
		return store.OriginRegistered, store.OriginDocument
	case store.Registration:
		return store.Registration{Token: store.DigestOf("one")}, store.Registration{Token: store.DigestOf("other")}
	case []string:
		return []string{"a", "b"}, []string{"b", "c"}
	case []store.ClientSecret:
		return []store.ClientSecret{{Digest: store.DigestOf("one")}}, []store.ClientSecret{{Digest: store.DigestOf("other")}}
	case time.Duration:
		return time.Hour, time.Minute
	case int:
		return 1, 2
	case time.Time:
		return time.Unix(1, 0), time.Unix(2, 0)
	case store.SigningChoice:
		return store.SigningChoice{Alg: store.ES256, Before: store.RS256, From: time.Unix(1, 0)}, store.SigningChoice{Alg: store.PS256}
	case store.Generation:
		return store.Generation(1), store.Generation(2)
	}
	t.Fatalf("the field %s is a %s, want a type that this test can fill: add two values of it", field.Name, field.Type)
	return nil, nil
}

// TestAProofThatWasTakenAwayStaysAway: only the proof of the same address is carried over.
func TestAProofThatWasTakenAwayStaysAway(t *testing.T) {
	proved, other := store.User{Email: "ann@example.com", EmailVerified: true}, store.User{Email: "other@example.com"}
	for _, c := range []struct {
		name       string
		was, since store.User
		want       bool
	}{
		{"taken away", proved, store.User{Email: "ann@example.com"}, true},
		{"as it was", proved, proved, false},
		{"given since", store.User{Email: "ann@example.com"}, proved, false},
		{"another address since", proved, other, false},
	} {
		change, _, after := less(c.was, c.since, false, time.Unix(1, 0))
		if got := change.EmailVerified != nil && !*change.EmailVerified; got != c.want || (len(after) > 0) != c.want {
			t.Errorf("%s: the proof goes: %t, with the evidence %v; want %t", c.name, got, after, c.want)
		}
	}
}
