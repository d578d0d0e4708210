package console

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/audit"
	"gatehouse/web"
)

// kindsOf returns the groups of kinds that the filter offers, in words, and then every kind
// by its name.
func kindsOf(r *http.Request, chosen string) []web.AuditGroup {
	groups := []web.AuditGroup{
		{Value: "signin.*", Text: pages.Say(r, "Sign-ins")}, {Value: "signin.refused", Text: pages.Say(r, "Refused sign-ins")},
		{Value: "attack.*", Text: pages.Say(r, "Suspected attacks")}, {Value: "session*", Text: pages.Say(r, "Ends of sessions")},
		{Value: "token.*", Text: pages.Say(r, "Tokens")}, {Value: "user.*", Text: pages.Say(r, "Accounts")},
		{Value: "factor*", Text: pages.Say(r, "Second factors")}, {Value: "passkey.*", Text: pages.Say(r, "Passkeys")},
		{Value: "consent.*", Text: pages.Say(r, "Consents")}, {Value: "client.*", Text: pages.Say(r, "Apps")},
		{Value: "api.*", Text: pages.Say(r, "APIs")}, {Value: "key.*", Text: pages.Say(r, "Keys")}, {Value: "mail.*", Text: pages.Say(r, "Mail")},
	}
	for _, kind := range audit.KindNames() {
		groups = append(groups, web.AuditGroup{Value: kind, Text: kind, Code: true})
	}
	for i := range groups {
		if groups[i].Value == chosen {
			groups[i].Chosen = true
			break
		}
	}
	return groups
}
