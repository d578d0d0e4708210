package client

import (
	"reflect"
	"slices"
	"testing"

	"gatehouse/internal/attribute"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// The rules of these attributes read the method that was sent.
func TestTheMethodComesFirst(t *testing.T) {
	at := map[string]int{}
	for i, a := range Attributes(grant.Types()) {
		at[a.Name] = i + 1
	}
	for _, reader := range []string{"grant_types", "jwks"} {
		if method, at := at["auth_method"], at[reader]; method == 0 || method >= at {
			t.Errorf("auth_method is attribute %d and %s is %d, want auth_method before it", method, reader, at)
		}
	}
}

// Every field of Input and store.Client is in exactly one line of the list, and every
// line is complete.
func TestTheListIsComplete(t *testing.T) {
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
		if attribute.Recorded(a.Kept(&c)) == nil {
			t.Errorf("%s: a change of a %T is not recorded; want it in the record", a.Name, a.Kept(&c))
		}
		if a.Flag == "" || flags[a.Flag] != "" || a.Usage == "" || reflect.DeepEqual(a.Schema, fields.Schema{}) {
			t.Errorf("%s has the flag %q, usage %q and schema %+v; want its own flag, a usage and a schema", a.Name, a.Flag, a.Usage, a.Schema)
		}
		flags[a.Flag] = a.Name
	}
	for _, side := range []struct {
		of     any
		listed map[any]string
		but    []string // fields that no caller sends, or only at the creation
	}{
		{&in, sent, []string{"ID", "Secret", "Shown"}},
		{&c, kept, []string{"ID", "Secrets", "Generation", "Origin", "Registration", "AskSince", "CreatedAt", "UpdatedAt", "LastUsedAt"}},
	} {
		of := reflect.ValueOf(side.of).Elem()
		for i := range of.NumField() {
			name := of.Type().Field(i).Name
			listed := side.listed[of.Field(i).Addr().Interface()] != "" || name == "IDTokenSigning" && side.listed[&c.IDTokenSigning.Alg] != "" || name == "RefreshSigning" && side.listed[&c.RefreshSigning.Alg] != ""
			if !listed && !slices.Contains(side.but, name) {
				t.Errorf("%s.%s is missing from the list; want a line, by which it is read and shown", of.Type(), name)
			}
		}
	}
}
