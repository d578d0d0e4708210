package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/apis"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/web"
)

// Consent is the page that asks a person whether an app may have what it asks for.
type Consent struct {
	Visitors pages.Visitors
	Requests interface {
		Pending(ctx context.Context, sealed string, b oauth.Browser) (authorize.Pending, error)
		Allow(ctx context.Context, sealed string, b oauth.Browser) (authorize.Step, error)
		Deny(ctx context.Context, sealed string, b oauth.Browser) (authorize.Step, error)
		resumer
	}
}

// Show shows the question, or goes on if it has been answered meanwhile.
func (e Consent) Show(w http.ResponseWriter, r *http.Request) error {
	sealed := r.URL.Query().Get("request")
	visitor, err := e.Visitors.Read(w, r)
	if err != nil {
		return err
	}
	pending, err := e.Requests.Pending(r.Context(), sealed, visitor)
	if errors.Is(err, oauth.ErrMoved) || err == nil && pending.Next != authorize.AskConsent {
		return pages.SeeOther(w, authorize.ResumePath(sealed))
	}
	if err != nil {
		return err
	}
	pages.Prefer(r, pending.UILocales)
	return pages.Show(w, r, web.Consent, http.StatusOK, web.ConsentData{
		Request: pending.Request, App: nameOf(pending.Client), Host: hostOf(pending.RedirectURI), Claim: claimOf(r, pending.Client, pending.RedirectURI), Account: pages.AccountOf(visitor.User),
		Asked: inWords(pending.Asked), Granted: inWords(pending.Granted), Another: elsewhere(web.LoginData{Request: pending.Request}),
	})
}

// Answer handles the person's answer. The sealed request says what was asked, of whom
// and in which browser, so that an answer can be neither forged nor transferred.
func (e Consent) Answer(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	visitor, err := e.Visitors.Read(w, r)
	if err != nil {
		return err
	}
	sealed := form.Get("request")
	decide, err := chosen(form.Get("answer"), e.Requests.Allow, e.Requests.Deny)
	if err != nil {
		return err
	}
	step, err := decide(r.Context(), sealed, visitor)
	if errors.Is(err, oauth.ErrMoved) {
		return resume(w, r, e.Requests, sealed, visitor)
	}
	if err != nil {
		return err
	}
	return follow(w, r, step)
}

// chosen returns allow or deny, as the person's answer says.
func chosen[T any](answer string, allow, deny T) (T, error) {
	switch answer {
	case "allow":
		return allow, nil
	case "deny":
		return deny, nil
	}
	var none T
	return none, errNoAnswer
}

var errNoAnswer = &pages.Problem{
	Status: http.StatusBadRequest, Reason: "a form without an answer",
	Heading: "The form could not be read", Text: "It has neither of the two answers. Go back and choose one of them.",
}

// inWords returns the scopes of the sections as the pages show them, the sensitive ones
// first.
func inWords(sections []apis.Section) (all []web.Scope) {
	for _, sensitive := range []bool{true, false} {
		for _, section := range sections {
			for _, s := range section.Scopes {
				if s.Sensitive == sensitive && !s.Gone {
					all = append(all, web.Scope{Text: s.Text, API: section.Name, Sensitive: sensitive})
				}
			}
		}
	}
	return all
}

// hostOf returns the host that the person goes back to, or "" for an app on their own
// machine, whose address would mean nothing to them.
func hostOf(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	return u.Host
}
