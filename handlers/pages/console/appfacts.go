package console

import (
	"net/http"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/snippet"
	"gatehouse/store"
	"gatehouse/web"
)

// facts returns the rules that the app is held to.
func (e App) facts(r *http.Request, c store.Client) []web.AppFact {
	all := []web.AppFact{{Name: labelOf(r, "auth_method"), Value: c.AuthMethod, Code: true}}
	for _, name := range []string{"auth_method_pinned", "require_pkce", "require_par", "require_signed_request_object"} {
		if on, _ := attributeNamed(name).Kept(&c).(*bool); *on {
			all = append(all, web.AppFact{Name: labelOf(r, name), Value: pages.Say(r, "yes")})
		}
	}
	for _, name := range []string{"backchannel_logout_uri", "jwks_uri", "assertion_audience"} {
		if text, _ := attributeNamed(name).Kept(&c).(*string); *text != "" {
			all = append(all, web.AppFact{Name: labelOf(r, name), Value: *text, Code: true})
		}
	}
	return all
}

// lives returns how long what is the app's lasts.
func (e App) lives(r *http.Request, c store.Client) (all []web.AppFact) {
	values := valuesOf(c)
	for _, name := range []string{"access_token_lifetime", "refresh_token_idle", "refresh_token_lifetime", "max_sessions"} {
		value := values.Get(name)
		switch value {
		case "", "0":
			value = pages.Say(r, "as the server")
		case "-1":
			value = pages.Say(r, "any number")
		}
		all = append(all, web.AppFact{Name: labelOf(r, name), Value: value})
	}
	return all
}

// secrets returns the secrets, the newest first.
func (e App) secrets(r *http.Request, c store.Client) (all []web.AppSecret) {
	for _, s := range c.Secrets {
		shown := web.AppSecret{Made: e.when(r, s.CreatedAt)}
		if !s.ExpiresAt.IsZero() {
			left := s.ExpiresAt.Sub(e.Now())
			shown.Old, shown.Over, shown.Ends = true, left <= 0, momentOf(r, s)
			shown.Left = pages.InWords(r, max(0, int(left.Seconds())))
		}
		all = append(all, shown)
	}
	return all
}

// momentOf returns when a secret ends, as its date.
func momentOf(r *http.Request, s store.ClientSecret) web.Moment {
	at := pages.When(r, s.ExpiresAt, s.ExpiresAt)
	at.Text = at.Full
	return at
}

// snippetsOf returns the snippets with the app's own values.
func snippetsOf(issuer string, c store.Client) (all []web.AppSnippet) {
	for i, s := range snippet.Of(issuer, c) {
		shown := web.AppSnippet{Name: s.Name, Title: s.Title, Chosen: i == 0}
		for _, p := range s.Parts {
			shown.Parts = append(shown.Parts, web.AppPart(p))
		}
		all = append(all, shown)
	}
	return all
}

// addresses returns where an app finds what it needs.
func addresses(r *http.Request, issuer string) []web.AppFact {
	base := strings.TrimSuffix(issuer, "/")
	return []web.AppFact{
		{Name: pages.Say(r, "Issuer"), Value: issuer, Code: true},
		{Name: pages.Say(r, "Discovery"), Value: base + "/.well-known/openid-configuration", Code: true},
		{Name: pages.Say(r, "Keys"), Value: base + "/.well-known/jwks.json", Code: true},
	}
}

// most is how far sessions are counted.
const most = 1000

// living counts the sessions of an app.
func (s Site) living(r *http.Request, records appRecords, id string) (string, error) {
	n, err := records.CountSessionsUpTo(r.Context(), id, most, s.Now())
	if err != nil {
		return "", err
	}
	if n >= most {
		return pages.Say(r, "1,000 live sessions or more"), nil
	}
	return pages.Count(r, "one live session", "%d live sessions", int(n)), nil
}
