package events

import (
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/web"
)

var known = Names{
	"user:ann":    {Text: "Ann <i>", Name: true, Address: "/console/people/1"},
	"user:mara":   {Text: "Mara", Name: true, Address: "/console/people/2"},
	"client:shop": {Text: "Photo Shop", Name: true, Address: "/console/apps/shop"},
	"api:orders":  {Text: "Orders", Name: true, Address: "/console/apis/orders"},
}

// line returns a sentence with its names in brackets.
func line(t web.Told) string {
	var s strings.Builder
	for _, p := range t.Parts {
		if p.Name {
			s.WriteString("[" + p.Text + "]")
		} else {
			s.WriteString(p.Text)
		}
	}
	return s.String()
}

func TestEveryKindIsToldToAdministrators(t *testing.T) {
	r := httptest.NewRequest("GET", "/console/audit", nil)
	for _, kind := range audit.KindNames() {
		for _, actor := range []string{"user:ann", "user:mara", "system", "cli", "anonymous", "registration", "registration:T", ""} {
			told := Tell(r, known, store.AuditEvent{Kind: kind, Actor: actor, Subject: "user:ann", ClientID: "shop"})
			if got := line(told); got == kind || !strings.HasSuffix(got, ".") || strings.ContainsAny(got, "%\uE000\uE001\uE002\uE003") {
				t.Errorf("%s by %q is told as %q, want a sentence", kind, actor, got)
			}
		}
	}
}

func TestWhatIsTold(t *testing.T) {
	r := httptest.NewRequest("GET", "/console/audit", nil)
	for _, c := range []struct {
		kind, actor, subject, detail, want, tone string
	}{
		{"user.updated", "user:mara", "user:ann", `{"before":{"role":"staff"},"after":{"role":"admin"}}`, "[Mara] changed the role of [Ann <i>] from staff to administrator.", "ok"},
		{"user.updated", "user:mara", "user:ann", `{"before":{"is_active":true},"after":{"is_active":false}}`, "[Mara] deactivated the account of [Ann <i>].", "ok"},
		{"user.updated", "user:ann", "user:ann", `{"before":{"first_name":"","email":"a@b.example"},"after":{"first_name":"Ann","email":"c@d.example"}}`, "[Ann <i>] changed their own account: E-mail address, First name.", "ok"},
		{"user.deleted", "cli", "user:gone", `{"username":"old\uE000name"}`, "The command line deleted the account of [old\uE000name].", "ok"},
		{"session.ended", "user:mara", "user:ann", `{"reason":"ended by admin"}`, "[Mara] ended a session of [Ann <i>] in [Photo Shop].", "ok"},
		{"session.ended", "system", "user:ann", `{"reason":"session limit"}`, "A session of [Ann <i>] in [Photo Shop] ended: a newer session needed its place.", "own"},
		{"signin.refused", "anonymous", "", `{"method":"page","reason":"unknown"}`, "A sign-in was refused: nobody has that name.", "refused"},
		{"token.reused", "client:shop", "user:ann", `{}`, "A used token of [Ann <i>] came back from [Photo Shop], perhaps a stolen one: the session was ended.", "bad"},
		{"passkey.renamed", "user:ann", "user:ann", `{"before":"old","after":"new"}`, "[Ann <i>] renamed a passkey from [old] to [new].", "ok"},
		{"api.updated", "user:nobody", "api:orders", `{"after":{"scopes":[],"name":"x"}}`, "A deleted person changed the API [Orders]: [name, scopes].", "ok"},
		{"key.created", "system", "key:SrKgtfwQRvUpVgCXxyd3E7XbKvGqX1zyMIMIgBlTvJc", `{}`, "Gatehouse itself published the signing key [SrKgtfwQRv…].", "own"},
		{"later.kind", "cli", "", `not JSON`, "later.kind", "ok"},
	} {
		told := Tell(r, known, store.AuditEvent{Kind: c.kind, Actor: c.actor, Subject: c.subject, ClientID: "shop", Detail: []byte(c.detail)})
		if got := line(told); got != c.want || told.Tone != c.tone {
			t.Errorf("%s is told as %q, %s; want %q, %s", c.kind, got, told.Tone, c.want, c.tone)
		}
	}
}
