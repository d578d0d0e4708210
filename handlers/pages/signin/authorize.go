package signin

import (
	"context"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/reqctx"
	"gatehouse/web"
)

// Authorize is the authorization endpoint (RFC 6749 §3.1). A refusal that the person
// must see is returned as an error, for the pages to show; every other goes to the app.
type Authorize struct {
	// Browser returns the browser that sent the request, and gives it the pre-login cookie.
	Browser  func(w http.ResponseWriter, r *http.Request) (oauth.Browser, error)
	Requests interface {
		resumer
		Begin(ctx context.Context, values url.Values, b oauth.Browser) (authorize.Step, error)
		Carry(values url.Values) (resume string, err error)
	}
}

// A resumer decides the next step of a sealed request.
type resumer interface {
	Resume(ctx context.Context, sealed string, b oauth.Browser) (authorize.Step, error)
}

// Serve answers GET and POST (OIDC Core 1.0 §3.1.2.1). A POST comes from the app's
// site without our cookies, so it is redirected to a GET, which carries them.
func (e Authorize) Serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodPost {
		form, err := handlers.Repeatable(r)
		if err != nil {
			return err
		}
		resume, err := e.Requests.Carry(form)
		if err != nil {
			return err
		}
		return pages.SeeOther(w, resume)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return oauth.MessageUnreadable.Because("a query that cannot be read")
	}
	browser, err := e.Browser(w, r)
	if err != nil {
		return err
	}
	step, err := e.next(r.Context(), values, browser)
	if err != nil {
		return err
	}
	return follow(w, r, step)
}

// next resumes or begins the authorization. A request parameter without a client_id is
// one that we sealed; with a client_id it would be a request object (OIDC Core 1.0 §6.1).
func (e Authorize) next(ctx context.Context, values url.Values, b oauth.Browser) (authorize.Step, error) {
	if values.Has("request") && !values.Has("client_id") {
		return e.Requests.Resume(ctx, values.Get("request"), b)
	}
	return e.Requests.Begin(ctx, values, b)
}

// resume takes the browser to the next step of a sealed request.
func resume(w http.ResponseWriter, r *http.Request, requests resumer, sealed string, b oauth.Browser) error {
	step, err := requests.Resume(r.Context(), sealed, b)
	if err != nil {
		return err
	}
	return follow(w, r, step)
}

// follow takes the browser to a step. After a form it leads there at once, to the app as
// well: the address that the page Onward shows is then the last one, and works again
// where an app does not open by itself.
func follow(w http.ResponseWriter, r *http.Request, step authorize.Step) error {
	switch step.Kind {
	case authorize.SignIn:
		return pages.GoOn(w, r, loginPath+"?request="+url.QueryEscape(step.Request))
	case authorize.AskConsent:
		return pages.GoOn(w, r, consentPath+"?request="+url.QueryEscape(step.Request))
	}
	answer := step.Answer
	if info := reqctx.From(r.Context()); answer.Err != nil {
		info.Err = answer.Err
		if page := info.Explain(answer.Parameters.Get("error"), answer.Err, r.URL.Query()); page != "" {
			answer.Parameters.Set("error_uri", page)
		}
	}
	if answer.Mode == oauth.FormPostMode {
		w.Header().Set("Content-Security-Policy", web.FormPostPolicy)
		return pages.Show(w, r, web.FormPost, http.StatusOK, web.NewFormPostData(answer.RedirectURI, answer.Parameters))
	}
	return pages.GoOn(w, r, answer.Location())
}
