package console

import (
	"context"
	"net/http"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/authz"
	"gatehouse/internal/inspect"
	"gatehouse/store"
	"gatehouse/web"
)

// Inspector judges a token that an administrator pastes. Nothing of it is kept: it is in no
// address, in no log, and in no field of the page that answers.
type Inspector struct {
	Site
	Tokens inspector
	APIs   interface {
		All(ctx context.Context) ([]store.API, error)
	}
}

type inspector interface {
	Inspect(ctx context.Context, q inspect.Question) (inspect.Report, error)
}

// Show shows an empty form.
func (e Inspector) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return e.show(w, r, me, http.StatusOK, nil, "")
}

// Judge answers with what is to be said of the token.
func (e Inspector) Judge(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	raw := pasted(me.Form.Get("token"))
	if raw == "" {
		return e.show(w, r, me, http.StatusUnprocessableEntity, nil, pages.Say(r, "Paste a token first."))
	}
	report, err := e.Tokens.Inspect(r.Context(), inspect.Question{Token: raw, Audience: me.Form.Get("api"), Scope: authz.Scope(strings.Join(strings.Fields(me.Form.Get("scope")), " "))})
	if err != nil {
		return err
	}
	return e.show(w, r, me, http.StatusOK, verdict(r, report, raw), "")
}

// pasted returns the token of what was pasted, perhaps with the header in which it was sent.
func pasted(text string) string {
	text = strings.TrimSpace(text)
	for _, before := range []string{"authorization:", "bearer "} {
		if len(text) >= len(before) && strings.EqualFold(text[:len(before)], before) {
			text = strings.TrimSpace(text[len(before):])
		}
	}
	return text
}

func (e Inspector) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, judged *web.InspectorVerdict, problem string) error {
	w.Header().Set("Cache-Control", "no-store")
	data := web.ConsoleInspectorData{Frame: e.frame(w, r, me, "inspector"), Scope: me.Form.Get("scope"), Judged: judged}
	data.Problem = problem
	all, err := e.APIs.All(r.Context())
	if err != nil {
		return err
	}
	for _, a := range all {
		data.APIs = append(data.APIs, web.Option{Value: a.Identifier, Text: a.Name + " · " + a.Identifier, Chosen: a.Identifier == me.Form.Get("api")})
	}
	return pages.Show(w, r, web.ConsoleInspector, status, data)
}
