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
	"BackchannelSession":   "it is a wish about the notices; least decides whether and where they are sent",
	"AccessTokenLifetime":  "it says how long a token lasts; least decides what a token allows",
	"RefreshTokenIdle":     "as AccessTokenLifetime",
	"RefreshTokenLifetime": "as AccessTokenLifetime",
	"MaxSessions":          "as AccessTokenLifetime",
	"Generation":           "it counts ends, and nobody writes it",
	"CreatedAt":            "it is history",
	"UpdatedAt":            "the carry-over itself sets it when it changes the client",
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
	return keepsOver(field, one, other) && keepsOver(field, other, one)
}

func keepsOver(field reflect.StructField, was, since any) bool {
	var a, b store.Client
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
	case store.Generation:
		return store.Generation(1), store.Generation(2)
	}
	t.Fatalf("the field %s is a %s, want a type that this test can fill: add two values of it", field.Name, field.Type)
	return nil, nil
}
