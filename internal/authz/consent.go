package authz

import "gatehouse/store"

// Consented returns the canonical scope that the user let the client have and did not
// take away again. The release before does not know what was taken away, and may have
// added it to the consent.
func Consented(c store.Consent) Scope { return Scope(c.Scope).Without(Scope(c.Withdrawn)) }

// Consent adds scope to a consent. If that does not fit into the record, it forgets what
// was there before: the user is then asked again.
func Consent(c store.Consent, scope Scope) store.Consent {
	all := Consented(c).With(scope)
	if len(all) > store.MaxScopeBytes {
		all = scope
	}
	c.Scope, c.Withdrawn = string(all), string(Scope(c.Withdrawn).Without(scope))
	return c
}

// Withdraw takes scope away from a consent, and from the client's sessions.
func Withdraw(c store.Consent, scope Scope) store.Consent {
	c.Scope, c.Withdrawn = string(Consented(c).Without(scope)), string(Scope(c.Withdrawn).With(scope))
	return c
}

// Remaining returns what is left of the scope of an access token when the user has taken
// away the canonical scope taken. In the token, a scope of the API that is its audience has
// its bare name; no API has a scope with the name of one of ours.
func Remaining(scope Scope, audience string, taken Scope) Scope {
	if taken == "" {
		return scope
	}
	return scope.Filter(func(t string) bool { return !taken.Has(t) && !taken.Has(audience+"#"+t) })
}
