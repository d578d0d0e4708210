package claims

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/authz"
	"gatehouse/keys"
)

// maxRequestBytes is many times the size of a request for every claim.
const maxRequestBytes = 4096

// A Request is the claims parameter: single claims that a client requests in addition to
// those of its scope (OIDC Core 1.0 §5.5).
type Request struct {
	Userinfo map[string]*Wish `json:"userinfo,omitempty"`
	IDToken  map[string]*Wish `json:"id_token,omitempty"`
}

// A Wish is how a claim is requested; nil: as a voluntary claim (§5.5.1).
type Wish struct {
	Essential bool              `json:"essential,omitempty"`
	Value     json.RawMessage   `json:"value,omitempty"`
	Values    []json.RawMessage `json:"values,omitempty"`
}

// Parse parses a claims parameter; an empty one is an empty Request. Unknown members are
// ignored (§5.5). Names are unique and case-sensitive, as those of claims are (RFC 7519 §4).
func Parse(raw string) (Request, error) {
	var r Request
	if raw == "" {
		return r, nil
	}
	if len(raw) > maxRequestBytes {
		return r, fmt.Errorf("claims of %d bytes", len(raw))
	}
	if err := decodeObject([]byte(raw), func(name string, value json.RawMessage) (err error) {
		switch name {
		case "userinfo":
			r.Userinfo, err = parseWishes(value)
		case "id_token":
			r.IDToken, err = parseWishes(value)
		}
		return err
	}); err != nil {
		return Request{}, fmt.Errorf("claims: %w", err)
	}
	return r, nil
}

func parseWishes(text json.RawMessage) (map[string]*Wish, error) {
	wishes := map[string]*Wish{}
	err := decodeObject(text, func(name string, value json.RawMessage) (err error) {
		wishes[name], err = parseWish(value)
		return err
	})
	return wishes, err
}

func parseWish(text json.RawMessage) (*Wish, error) {
	if string(text) == "null" {
		return nil, nil
	}
	var w Wish
	return &w, decodeObject(text, func(name string, value json.RawMessage) error {
		switch name {
		case "essential":
			return json.Unmarshal(value, &w.Essential)
		case "value":
			w.Value = value
		case "values":
			return json.Unmarshal(value, &w.Values)
		}
		return nil
	})
}

// decodeObject calls decode for each member of an object; null has none.
func decodeObject(text json.RawMessage, decode func(name string, value json.RawMessage) error) error {
	if string(text) == "null" {
		return nil
	}
	members, err := keys.ParseObject(text)
	for name, value := range members {
		if err := decode(name, value); err != nil {
			return fmt.Errorf("%.32q: %w", name, err)
		}
	}
	return err
}

// Scope returns the scopes that the single claims belong to. The user has to consent to
// them, and the client must be registered for them.
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

// Within keeps the claims about a user that belong to a scope of limit.
func (r Request) Within(limit authz.Scope) Request {
	keep := func(wishes map[string]*Wish) map[string]*Wish {
		kept := map[string]*Wish{}
		for name := range wishes {
			if s := scopeOf(name); s != "" && limit.Has(s) {
				kept[name] = nil // the rest of the wish is not needed after this
			}
		}
		return kept
	}
	return Request{Userinfo: keep(r.Userinfo), IDToken: keep(r.IDToken)}
}

// String returns r as it is stored with a session; empty if r requests nothing.
func (r Request) String() string {
	if len(r.Userinfo) == 0 && len(r.IDToken) == 0 {
		return ""
	}
	text, err := json.Marshal(r)
	if err != nil {
		return "" // cannot happen: the wishes came from JSON
	}
	return string(text)
}

// FromUserinfo returns the names of the claims requested at the userinfo endpoint.
func (r Request) FromUserinfo() []string { return slices.Sorted(maps.Keys(r.Userinfo)) }

// FromIDToken returns the names of the claims requested in the ID token.
func (r Request) FromIDToken() []string { return slices.Sorted(maps.Keys(r.IDToken)) }

// Subject returns the subject of the user that the client requires (§5.5.1, "sub" with a
// value), or "".
func (r Request) Subject() string {
	wish := r.IDToken["sub"]
	if wish == nil {
		return ""
	}
	var sub string
	_ = json.Unmarshal(wish.Value, &sub) // a value of another type leaves sub empty
	return sub
}

// ACR returns the authentication contexts that the client asks for, and whether it accepts
// no others (§5.5.1.1).
func (r Request) ACR() (values []string, essential bool) {
	wish := r.IDToken["acr"]
	if wish == nil {
		return nil, false
	}
	for _, value := range append(slices.Clone(wish.Values), wish.Value) {
		var s string
		if value != nil && json.Unmarshal(value, &s) == nil {
			values = append(values, s)
		}
	}
	return values, wish.Essential && (wish.Value != nil || wish.Values != nil)
}
