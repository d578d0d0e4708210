// Package claims says what an app may learn of a person as OpenID Connect claims:
// which claims a scope stands for, which ones the claims parameter asks for, and
// what they are for a given person (OIDC Core 1.0 §5).
package claims

import (
	"slices"
	"strings"

	"gatehouse/internal/authz"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

// scopes are the standard claims by the scope that asks for them (§5.4).
var scopes = []struct {
	token string
	names []string
}{
	{"profile", []string{
		"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
		"picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
	}},
	{"email", []string{"email", "email_verified"}},
	{"address", []string{"address"}},
	{"phone", []string{"phone_number", "phone_number_verified"}},
}

// Supported are the names of all claims about a person.
func Supported() []string {
	names := []string{"sub"}
	for _, s := range scopes {
		names = append(names, s.names...)
	}
	return names
}

// ForScope returns the names of the claims that a scope asks for.
func ForScope(scope authz.Scope) []string {
	var names []string
	for _, s := range scopes {
		if scope.Has(s.token) {
			names = append(names, s.names...)
		}
	}
	return names
}

// scopeOf returns the scope that a claim belongs to, or "".
func scopeOf(name string) string {
	for _, s := range scopes {
		if slices.Contains(s.names, name) {
			return s.token
		}
	}
	return ""
}

// inUser are the claims that a person's row holds; the others are in the profile.
var inUser = []string{"name", "family_name", "given_name", "preferred_username", "updated_at", "email", "email_verified"}

// NeedProfile reports whether a claim among names is in the person's profile.
func NeedProfile(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return scopeOf(name) != "" && !slices.Contains(inUser, name)
	})
}

// Of returns the claims among names that are known of the person. What is not
// known is left out, neither null nor empty (§5.3.2).
func Of(u store.User, p store.Profile, names []string) map[string]any {
	known := map[string]any{}
	for _, name := range names {
		if value := valueOf(u, p, name); value != nil && value != "" {
			known[name] = value
		}
	}
	return known
}

func valueOf(u store.User, p store.Profile, name string) any {
	switch name {
	case "name":
		return strings.TrimSpace(u.FirstName + " " + u.LastName)
	case "given_name":
		return u.FirstName
	case "family_name":
		return u.LastName
	case "preferred_username":
		return u.Username
	case "updated_at":
		if u.UpdatedAt.IsZero() { // not changed since that is kept
			return u.JoinedAt.Unix()
		}
		return u.UpdatedAt.Unix()
	case "email":
		return u.Email
	case "email_verified":
		return u.EmailVerified
	}
	return profileValue(p, name)
}

func profileValue(p store.Profile, name string) any {
	switch name {
	case "phone_number_verified":
		if p.PhoneNumber == "" {
			return nil
		}
	case "address":
		if p.Address == (store.Address{}) {
			return nil
		}
		return p.Address
	}
	return profile.Value(p, name)
}
