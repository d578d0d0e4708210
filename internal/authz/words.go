package authz

import "iter"

// words has the scopes in the order in which the consent page shows them.
var words = []struct{ token, text string }{
	{"openid", "Know that it is you"},
	{"profile", "See your name and your profile"},
	{"email", "See your e-mail address"},
	{"phone", "See your phone number"},
	{"address", "See your postal address"},
	{"role", "See your role here"},
	{"groups", "See the groups that you belong to here"},
	{"offline_access", "Stay signed in for you while you are away"},
	{ScopeAccount, "See and change your account here"},
	{ScopeUsersRead, "See other people's accounts, as far as you may"},
	{ScopeUsersWrite, "Change other people's accounts, as far as you may"},
	{ScopeClients, "Manage the apps that use this sign-in, as far as you may"},
}

// Words returns the scopes of s that belong to Gatehouse or to OpenID Connect, in the order
// in which the consent page shows them, and what each lets an app do in plain words.
func (s Scope) Words() iter.Seq2[string, string] {
	return func(yield func(token, text string) bool) {
		for _, w := range words {
			if s.Has(w.token) && !yield(w.token, w.text) {
				return
			}
		}
	}
}
