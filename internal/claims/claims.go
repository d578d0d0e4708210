// Package claims decides what a client may learn about a user as OpenID Connect claims:
// which claims a scope stands for, which ones the claims parameter requests, and their
// values for a given user (OIDC Core 1.0 §5).
package claims

import (
	"slices"

	"gatehouse/internal/authz"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

// scopes lists the claims by the scope that requests them: the standard ones (§5.4), and
// what the user may do, in the two forms that apps read.
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
	{"role", []string{"role"}},
	{"groups", []string{"groups"}},
}

// Scopes returns the scopes that stand for claims.
func Scopes() []string {
	var tokens []string
	for _, s := range scopes {
		tokens = append(tokens, s.token)
	}
	return tokens
}

// Supported returns the names of all claims about a user.
func Supported() []string {
	names := []string{"sub"}
	for _, s := range scopes {
		names = append(names, s.names...)
	}
	return names
}

// ForScope returns the names of the claims that a scope requests.
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

// inUser are the claims in the user's row; the others are in the profile.
var inUser = []string{"name", "family_name", "given_name", "preferred_username", "updated_at", "email", "email_verified", "role", "groups"}

// NeedProfile reports whether a claim among names is in the user's profile.
func NeedProfile(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return scopeOf(name) != "" && !slices.Contains(inUser, name)
	})
}

// Of returns those claims among names that have a value for the user. The others are left
// out rather than null or empty (§5.3.2).
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
		return u.FullName()
	case "given_name":
		return u.FirstName
	case "family_name":
		return u.LastName
	case "preferred_username":
		return u.Username
	case "updated_at":
		if u.UpdatedAt.IsZero() { // never changed since the column exists
			return u.JoinedAt.Unix()
		}
		return u.UpdatedAt.Unix()
	case "email":
		return u.Email
	case "email_verified":
		return u.EmailVerified
	case "role":
		return string(u.Role)
	case "groups":
		return []string{string(u.Role)}
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
