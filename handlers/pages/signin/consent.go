package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/web"
)

// Consent is the page that asks a person whether an app may have what it wants.
type Consent struct {
	Visitors pages.Visitors
	Requests interface {
		Pending(ctx context.Context, sealed string, b oauth.Browser) (authorize.Pending, error)
		Allow(ctx context.Context, sealed string, b oauth.Browser) (resume string, err error)
		Deny(ctx context.Context, sealed string, b oauth.Browser) (resume string, err error)
	}
}

// Show is the question.
func (e Consent) Show(w http.ResponseWriter, r *http.Request) error {
	sealed := r.URL.Query().Get("request")
	visitor, err := e.Visitors.Read(w, r)
	if err != nil {
		return err
	}
	pending, err := e.Requests.Pending(r.Context(), sealed, visitor)
	if errors.Is(err, oauth.ErrMoved) || err == nil && !visitor.SignedIn() {
		return pages.SeeOther(w, authorize.ResumePath(sealed))
	}
	if err != nil {
		return err
	}
	leadsTo(w, pending.Client, pending.RedirectURI)
	return web.Consent.Render(w, http.StatusOK, web.ConsentData{
		Request: sealed, App: pending.Client.Name, Host: hostOf(web.Source(pending.RedirectURI)), Account: pages.AccountOf(visitor.User),
		Scopes: texts(pending.Scopes), Another: elsewhere(web.LoginData{Request: sealed}),
	})
}

// Answer takes the answer. The sealed request says what was asked, of whom and in
// which browser, so that no answer can be made up or carried over.
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
	resume, err := decide(r.Context(), sealed, visitor)
	if errors.Is(err, oauth.ErrMoved) {
		return pages.SeeOther(w, authorize.ResumePath(sealed))
	}
	if err != nil {
		return err
	}
	return pages.SeeOther(w, resume)
}

// chosen is the one of two that the button stood for.
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
	Heading: "The form could not be read", Text: "It has neither of the two answers. Go back and choose one.",
}

func texts(scopes []oauth.ScopeText) []string {
	all := make([]string, len(scopes))
	for i, s := range scopes {
		all[i] = s.Text
	}
	return all
}

// hostOf is the host that a person goes back to; "" for an app on a machine of
// their own, whose address would say nothing.
func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	return u.Host
}
