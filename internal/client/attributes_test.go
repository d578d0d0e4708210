package client

import (
	"reflect"
	"slices"
	"testing"

	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// TestTheListIsWhole fails where a field of Input or store.Client is in no line of
// the list, or in two, or where a line lacks what is made of it.
func TestTheListIsWhole(t *testing.T) {
	var in Input
	var c store.Client
	sent, kept := map[any]string{}, map[any]string{}
	flags := map[string]string{}
	for _, a := range Attributes(grant.Types()) {
		for _, seen := range []struct {
			at map[any]string
			by any
		}{{sent, a.Sent(&in)}, {kept, a.Kept(&c)}} {
			if other := seen.at[seen.by]; other != "" {
				t.Errorf("%s and %s share a %T; want one each", a.Name, other, seen.by)
			}
			seen.at[seen.by] = a.Name
		}
		if recorded(a.Kept(&c)) == nil {
			t.Errorf("%s: a change of a %T is not recorded; want it in the record", a.Name, a.Kept(&c))
		}
		if a.Flag == "" || flags[a.Flag] != "" || a.Usage == "" || reflect.DeepEqual(a.Schema, fields.Schema{}) {
			t.Errorf("%s has the flag %q, usage %q and schema %+v; want a flag of its own, and all of them", a.Name, a.Flag, a.Usage, a.Schema)
		}
		flags[a.Flag] = a.Name
	}
	for _, whole := range []struct {
		of     any
		listed map[any]string
		but    []string // what nobody sends, or sends once
	}{
		{&in, sent, []string{"ID"}},
		{&c, kept, []string{"ID", "Secrets", "CreatedAt", "UpdatedAt"}},
	} {
		of := reflect.ValueOf(whole.of).Elem()
		for i := range of.NumField() {
			name := of.Type().Field(i).Name
			if whole.listed[of.Field(i).Addr().Interface()] == "" && !slices.Contains(whole.but, name) {
				t.Errorf("%s.%s is in no line of the list; want one, by which it is read and shown", of.Type(), name)
			}
		}
	}
}
