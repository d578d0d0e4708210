package oauth

import "gatehouse/internal/authz"

// A ScopeText is a scope token and its meaning in the words of the consent page.
type ScopeText struct{ Token, Text string }

// scopeTexts are in the order in which the page shows them.
var scopeTexts = []ScopeText{
	{"openid", "Know that it is you"},
	{"profile", "See your name and your profile"},
	{"email", "See your e-mail address"},
	{"phone", "See your phone number"},
	{"address", "See your postal address"},
	{"offline_access", "Stay signed in for you while you are away"},
	{authz.ScopeAccount, "See and change your account here"},
	{authz.ScopeUsersRead, "See other people's accounts, as far as you may"},
	{authz.ScopeUsersWrite, "Change other people's accounts, as far as you may"},
	{authz.ScopeClients, "Manage the apps that use this sign-in, as far as you may"},
}

// Explain returns in plain words what a scope lets an app do.
func Explain(scope authz.Scope) []ScopeText {
	var texts []ScopeText
	for _, t := range scopeTexts {
		if scope.Has(t.Token) {
			texts = append(texts, t)
		}
	}
	return texts
}
