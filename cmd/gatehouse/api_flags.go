package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"

	"gatehouse/internal/apis"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// apiFlags has a flag for each attribute of an API, and two for its scopes.
type apiFlags struct {
	attributeFlags[apis.Input, store.API]
	scopes []store.APIScope
}

func (f *apiFlags) add(set *pflag.FlagSet) {
	f.attributeFlags.add(set, apis.Attributes())
	for _, a := range apis.Attributes() {
		if a.Name == "scopes" {
			set.Var(scopeFlag{&f.scopes, false}, a.Flag, a.Usage)
		}
	}
	set.Var(scopeFlag{&f.scopes, true}, "sensitive-scope", "`NAME=DESCRIPTION` of a scope that comes first at consent and needs a sign-in of the last 10 minutes; repeatable")
}

// input returns the attributes whose flags were given. A list of apps says by itself that
// no others may use the API.
func (f *apiFlags) input(set *pflag.FlagSet) (apis.Input, error) {
	var in apis.Input
	if err := f.read(set, &in); err != nil {
		return in, err
	}
	if len(f.scopes) > 0 {
		in.Scopes = apis.ScopesOf(f.scopes...)
	}
	if in.ListedClients.Sent && !in.Clients.Sent {
		in.Clients = fields.Given(store.ClientsListed)
	}
	return in, nil
}

// A scopeFlag adds a scope to a list that two flags share, so that its order is theirs.
type scopeFlag struct {
	to        *[]store.APIScope
	sensitive bool
}

// Set implements pflag.Value.
func (f scopeFlag) Set(given string) error {
	name, description, both := strings.Cut(given, "=")
	if !both {
		return errors.New(`give the name and what people read at consent, as in "orders:read=Read your orders"`)
	}
	*f.to = append(*f.to, store.APIScope{Name: name, Description: description, Sensitive: f.sensitive})
	return nil
}

// String implements pflag.Value.
func (f scopeFlag) String() string { return "" }

// Type implements pflag.Value.
func (f scopeFlag) Type() string { return "scope" }
