package profile

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

// The API document shows the examples in answers, so they have the form that is stored.
func TestExamplesHaveTheStoredForm(t *testing.T) {
	for _, a := range Texts {
		kept, fault := a.Form.Read(a.Example, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC))
		if a.Example == "" || kept != a.Example || fault != "" {
			t.Errorf("%s: the example %q is stored as %q, fault %q; want it unchanged", a.Name, a.Example, kept, fault)
		}
	}
}

// Every field of store.Profile is in exactly one line of List.
func TestTheListIsComplete(t *testing.T) {
	var p store.Profile
	seen := map[any]string{}
	for _, a := range List {
		if other, twice := seen[a.At(&p)]; twice {
			t.Errorf("%s and %s share a field; want one each", a.Name, other)
		}
		seen[a.At(&p)] = a.Name
	}
	var walk func(of reflect.Value, prefix string)
	walk = func(of reflect.Value, prefix string) {
		for i := range of.NumField() {
			field, name := of.Field(i), prefix+of.Type().Field(i).Name
			if field.Kind() == reflect.Struct {
				walk(field, name+".")
			} else if seen[field.Addr().Interface()] == "" {
				t.Errorf("%s is missing from List; want a line, by which it is read and shown", name)
			}
		}
	}
	walk(reflect.ValueOf(&p).Elem(), "")
}

func TestNames(t *testing.T) {
	if got := Names(); got[0] != "middle_name" || got[len(got)-1] != "address" {
		t.Errorf("names = %v, want those from middle_name to address, each once", got)
	}
	p := store.Profile{Nickname: "Al", PhoneProved: true, Address: store.Address{Country: "GB"}}
	for name, want := range map[string]any{"nickname": "Al", "website": "", "phone_number_verified": true, "address.country": "GB", "email": nil} {
		if got := Value(p, name); got != want {
			t.Errorf("Value(%q) = %v, want %v", name, got, want)
		}
	}
}

// Front ends show these words and compare them, so they stay byte for byte.
func TestFaultsKeepTheirWords(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name, text, want string
	}{
		{"birthdate", "1990-13-01", "Enter a date as YYYY-MM-DD, as 0000-MM-DD if the year shall not be told, or a year alone."},
		{"birthdate", "2999-01-01", "This date is in the future."},
		{"zoneinfo", "Mars/X", "Enter a time zone of the IANA database, as Europe/Berlin."},
		{"locale", "english-language-thing", "Enter a language tag, as de or pt-BR."},
		{"phone_number", "123", "Enter the number with the country's code, as +49 30 1234567."},
		{"website", "ftp://example.com/", "Enter the URL of a web page: it begins with https:// or http://."},
		{"website", "https://al:secret@example.com/", "A URL has no user name and password here."},
		{"nickname", "a\nb", "Control characters are not allowed."},
		{"gender", strings.Repeat("x", 51), "Ensure this field has no more than 50 characters."},
	} {
		a := Texts[slices.IndexFunc(Texts, func(a Attribute) bool { return a.Name == c.name })]
		if _, got := a.Form.Read(c.text, now); got != c.want {
			t.Errorf("the fault of %s %q = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}
