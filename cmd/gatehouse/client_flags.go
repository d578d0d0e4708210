package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// clientFlags are what can be said of an app.
type clientFlags struct {
	name, authMethod, scope         string
	public, firstParty, disabled    bool
	grants, redirects, postLogouts  []string
	backchannel, keysURI, audience  string
	backchannelSession              bool
	keysFile                        string
	accessLife, idleLife, wholeLife time.Duration
}

func (f *clientFlags) add(set *pflag.FlagSet, grants grant.List) {
	set.SortFlags = false
	set.StringVar(&f.name, "name", "", "`name` that people see")
	set.BoolVar(&f.public, "public", false, "the app cannot keep a secret; short for --auth-method "+store.NoSecret)
	set.StringVar(&f.authMethod, "auth-method", "", "`method`: "+choices(store.AuthMethods(), client.DefaultMethod))
	set.StringArrayVar(&f.grants, "grant", nil, "`type` of grant that the app may use: "+choices(grants.Names(), client.DefaultGrant)+"; repeatable")
	set.StringVar(&f.scope, "scope", "", "`scopes` that the app may ask for, with blanks between them")
	set.StringArrayVar(&f.redirects, "redirect-uri", nil, "exact redirect `URI`; repeatable")
	set.StringArrayVar(&f.postLogouts, "post-logout-redirect-uri", nil, "exact `URI` to return to after sign-out; repeatable")
	set.StringVar(&f.backchannel, "backchannel-logout-uri", "", "`URI` that is told when a session of the app ends; empty: none")
	set.BoolVar(&f.backchannelSession, "backchannel-logout-session-required", false, "tell it which session it was")
	set.StringVar(&f.keysFile, "jwks", "", "`file` with the app's public keys as a JWK Set, for "+store.PrivateKeyJWT)
	set.StringVar(&f.keysURI, "jwks-uri", "", "https `URI` of the app's public keys, instead of --jwks")
	set.StringVar(&f.audience, "assertion-audience", "", "`audience` that the app's assertions must name: issuer (default) or any, which takes the endpoint's URL too")
	set.BoolVar(&f.firstParty, "first-party", false, "the app is yours; people are not asked for consent")
	set.DurationVar(&f.accessLife, "access-token-lifetime", 0, "`life` of its access tokens, as 10m; 0: as the server's setting")
	set.DurationVar(&f.idleLife, "refresh-token-idle", 0, "`life` of one of its refresh tokens, as 336h; 0: as the server's setting")
	set.DurationVar(&f.wholeLife, "refresh-token-lifetime", 0, "`life` of its sessions, as 2160h; 0: as the server's setting")
}

// choices says in a help text what a flag takes.
func choices(names []string, standard string) string {
	marked := slices.Clone(names)
	if at := slices.Index(marked, standard); at >= 0 {
		marked[at] += " (default)"
	}
	return fields.Or(marked)
}

// input takes over the flags that were given.
func (f *clientFlags) input(set *pflag.FlagSet) (client.Input, error) {
	var in client.Input
	if f.keysFile != "" {
		keys, err := os.ReadFile(f.keysFile)
		if err != nil {
			return in, fmt.Errorf("--jwks: %w", err)
		}
		in.JWKS = fields.Given(string(keys))
	}
	if f.public {
		in.AuthMethod = fields.Given(store.NoSecret)
	}
	for name, take := range map[string]func(){
		"name":                                func() { in.Name = fields.Given(f.name) },
		"auth-method":                         func() { in.AuthMethod = fields.Given(f.authMethod) },
		"first-party":                         func() { in.FirstParty = fields.On(f.firstParty) },
		"disabled":                            func() { in.Disabled = fields.On(f.disabled) },
		"grant":                               func() { in.GrantTypes = fields.Listed(f.grants...) },
		"scope":                               func() { in.Scope = fields.Given(f.scope) },
		"redirect-uri":                        func() { in.RedirectURIs = fields.Listed(f.redirects...) },
		"post-logout-redirect-uri":            func() { in.PostLogoutRedirectURIs = fields.Listed(f.postLogouts...) },
		"backchannel-logout-uri":              func() { in.BackchannelLogoutURI = fields.Given(f.backchannel) },
		"backchannel-logout-session-required": func() { in.BackchannelSession = fields.On(f.backchannelSession) },
		"jwks-uri":                            func() { in.JWKSURI = fields.Given(f.keysURI) },
		"assertion-audience":                  func() { in.AssertionAudience = fields.Given(f.audience) },
		"access-token-lifetime":               func() { in.AccessTokenLifetime = seconds(f.accessLife) },
		"refresh-token-idle":                  func() { in.RefreshTokenIdle = seconds(f.idleLife) },
		"refresh-token-lifetime":              func() { in.RefreshTokenLifetime = seconds(f.wholeLife) },
	} {
		if set.Changed(name) {
			take()
		}
	}
	return in, nil
}

// seconds rounds away from 0, which stands for the default.
func seconds(d time.Duration) fields.Number {
	if d > 0 && d < time.Second {
		d = time.Second
	}
	return fields.Whole(int64(d / time.Second))
}
