package apis

import (
	"reflect"
	"slices"
	"testing"

	"gatehouse/internal/attribute"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// Every field of Input and store.API is in exactly one line of the list, and every line is
// complete.
func TestTheListIsComplete(t *testing.T) {
	var in Input
	var a store.API
	sent, kept := map[any]bool{}, map[any]bool{}
	flags := map[string]bool{}
	for _, line := range Attributes() {
		if sent[line.Sent(&in)] || kept[line.Kept(&a)] {
			t.Errorf("%s shares a field with another line, want its own", line.Name)
		}
		sent[line.Sent(&in)], kept[line.Kept(&a)] = true, true
		if attribute.Recorded(line.Kept(&a)) == nil {
			t.Errorf("%s: a change of a %T is not recorded; want it in the record", line.Name, line.Kept(&a))
		}
		if line.Flag == "" || flags[line.Flag] || line.Usage == "" || reflect.DeepEqual(line.Schema, fields.Schema{}) {
			t.Errorf("%s has the flag %q, usage %q and schema %+v; want its own flag, a usage and a schema", line.Name, line.Flag, line.Usage, line.Schema)
		}
		flags[line.Flag] = true
	}
	for _, side := range []struct {
		of     any
		listed map[any]bool
		but    []string // fields that no caller sends, or only at the creation
	}{
		{&in, sent, []string{"ID", "Identifier", "Shown"}},
		{&a, kept, []string{"ID", "Identifier", "CreatedAt", "UpdatedAt", "LastUsedAt"}},
	} {
		of := reflect.ValueOf(side.of).Elem()
		for i := range of.NumField() {
			field, name := of.Field(i), of.Type().Field(i).Name
			listed := side.listed[field.Addr().Interface()] || name == "Signing" && side.listed[&a.Signing.Alg] || name == "Scopes" && side.listed[(*Scopes)(&a.Scopes)]
			if !listed && !slices.Contains(side.but, name) {
				t.Errorf("%s.%s is missing from the list; want a line, by which it is read and shown", of.Type(), name)
			}
		}
	}
}
