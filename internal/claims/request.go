package claims

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/authz"
)

// maxRequestBytes is many times what an app that asks for every claim sends.
const maxRequestBytes = 4096

// A Request is the claims parameter: single claims that an app asks for beside
// those of its scope (OIDC Core 1.0 §5.5).
type Request struct {
	Userinfo map[string]*Wish `json:"userinfo,omitempty"`
	IDToken  map[string]*Wish `json:"id_token,omitempty"`
}

// A Wish is how a claim is asked for; nil: if it can be had (§5.5.1).
type Wish struct {
	Essential bool              `json:"essential,omitempty"`
	Value     json.RawMessage   `json:"value,omitempty"`
	Values    []json.RawMessage `json:"values,omitempty"`
}

// Parse reads a claims parameter; an empty one is an empty Request. Members that
// are not known are ignored, as §5.5 says.
func Parse(raw string) (Request, error) {
	var r Request
	if raw == "" {
		return r, nil
	}
	if len(raw) > maxRequestBytes {
		return r, fmt.Errorf("claims of %d bytes", len(raw))
	}
	if err := json.Unmarshal([]byte(raw), &r); err != nil {
		return Request{}, fmt.Errorf("claims: %w", err)
	}
	return r, nil
}

// Scope returns the scopes that the single claims belong to: what a person is
// asked for, and what the app must be registered for, to have them.
func (r Request) Scope() authz.Scope {
	var needs []string
	for _, s := range scopes {
		for _, name := range s.names {
			_, fromUserinfo := r.Userinfo[name]
			_, fromToken := r.IDToken[name]
			if fromUserinfo || fromToken {
				needs = append(needs, s.token)
				break
			}
		}
	}
	return authz.Scope(strings.Join(needs, " "))
}

// Within keeps the claims about a person that belong to a scope of limit.
func (r Request) Within(limit authz.Scope) Request {
	keep := func(wishes map[string]*Wish) map[string]*Wish {
		kept := map[string]*Wish{}
		for name := range wishes {
			if s := scopeOf(name); s != "" && limit.Has(s) {
				kept[name] = nil // how much it was wished for matters no longer
			}
		}
		return kept
	}
	return Request{Userinfo: keep(r.Userinfo), IDToken: keep(r.IDToken)}
}

// String is r as it is kept with a session; empty if it asks for nothing.
func (r Request) String() string {
	if len(r.Userinfo) == 0 && len(r.IDToken) == 0 {
		return ""
	}
	text, err := json.Marshal(r)
	if err != nil {
		return "" // the wishes were read from JSON
	}
	return string(text)
}

// FromUserinfo returns the names of the claims asked for at the userinfo endpoint.
func (r Request) FromUserinfo() []string { return slices.Sorted(maps.Keys(r.Userinfo)) }

// FromIDToken returns the names of the claims asked for in the ID token.
func (r Request) FromIDToken() []string { return slices.Sorted(maps.Keys(r.IDToken)) }

// Subject is the person whom the app wants signed in (§5.5.1, "sub" with a value), or "".
func (r Request) Subject() string {
	wish := r.IDToken["sub"]
	if wish == nil {
		return ""
	}
	var sub string
	_ = json.Unmarshal(wish.Value, &sub) // anything but a string names nobody
	return sub
}

// RefusesACR reports whether the app can do with none but other authentication
// contexts than acr (§5.5.1.1).
func (r Request) RefusesACR(acr string) bool {
	wish := r.IDToken["acr"]
	if wish == nil || !wish.Essential || wish.Value == nil && wish.Values == nil {
		return false
	}
	for _, value := range append(wish.Values, wish.Value) {
		var s string
		if value != nil && json.Unmarshal(value, &s) == nil && s == acr {
			return false
		}
	}
	return true
}
