package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// clientFlags has a flag for each attribute of an app.
type clientFlags struct {
	attributeFlags[client.Input, store.Client]
	public bool
	kind   string
}

// add defines a flag for each attribute except those named in but.
func (f *clientFlags) add(set *pflag.FlagSet, grants grant.List, but ...string) {
	f.attributeFlags.add(set, client.Attributes(grants), but...)
	set.BoolVar(&f.public, "public", false, "the app cannot keep a secret; same as --auth-method "+store.NoSecret)
}

// addKind defines the flag for what a new app is.
func (f *clientFlags) addKind(set *pflag.FlagSet) {
	set.StringVar(&f.kind, client.KindFlag, "", "`kind` of app: "+fields.Or(client.KindNames())+"; it sets the authentication, the grants, PKCE and the scope that are not given")
}

// input returns the attributes whose flags were given.
func (f *clientFlags) input(set *pflag.FlagSet) (client.Input, error) {
	var in client.Input
	if f.public {
		in.AuthMethod = fields.Given(store.NoSecret)
	}
	if err := f.read(set, &in); err != nil || f.kind == "" {
		return in, err
	}
	kind, known := client.KindNamed(f.kind)
	if !known {
		return in, fmt.Errorf("--%s %s is unknown; choose %s", client.KindFlag, f.kind, fields.Or(client.KindNames()))
	}
	kind.Fill(&in)
	return in, nil
}
