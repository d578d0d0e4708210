package signin

import (
	"context"
	"html/template"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/logout"
	"gatehouse/store"
	"gatehouse/web"
)

// Logout signs people out of this browser, because they want to or because an app asks
// for it (OpenID Connect RP-Initiated Logout 1.0).
type Logout struct {
	Visitors pages.Visitors
	Requests interface {
		Parse(ctx context.Context, params url.Values) (logout.Request, error)
		Client(ctx context.Context, out logout.Request) (store.Client, error)
		Seal(out logout.Request) (string, error)
		Open(ctx context.Context, sealed string) (logout.Request, error)
	}
	Browsers interface {
		End(ctx context.Context, b store.BrowserSession, u store.User, reason store.EndReason) error
	}
}

// Ask is the endpoint that apps send browsers to, by GET or POST. A form from an app's
// own site carries no cookie of ours, so only the GET that follows shows who is signed
// in.
func (e Logout) Ask(w http.ResponseWriter, r *http.Request) error {
	params, err := parameters(r)
	if err != nil {
		return err
	}
	out, err := e.Requests.Parse(r.Context(), params)
	if err != nil {
		return err
	}
	visitor, err := e.Visitors.SignedIn(r)
	if err != nil {
		return err
	}
	mustAsk := visitor.SignedIn() && visitor.User.Sub != out.Subject
	if mustAsk || !visitor.SignedIn() && r.Method == http.MethodPost {
		sealed, err := e.Requests.Seal(out)
		if err != nil {
			return err
		}
		return pages.SeeOther(w, logoutPath+"?request="+url.QueryEscape(sealed))
	}
	return e.settle(w, r, out, visitor)
}

// Show asks whether to sign out, unless nobody is signed in or the app has proved that
// it means the person who is.
func (e Logout) Show(w http.ResponseWriter, r *http.Request) error {
	sealed := r.URL.Query().Get("request")
	out, err := e.Requests.Open(r.Context(), sealed)
	if err != nil {
		return err
	}
	visitor, err := e.Visitors.SignedIn(r)
	if err != nil {
		return err
	}
	if !visitor.SignedIn() || visitor.User.Sub == out.Subject {
		return e.settle(w, r, out, visitor)
	}
	client, err := e.Requests.Client(r.Context(), out)
	if err != nil {
		return err
	}
	return pages.Show(w, r, web.Logout, http.StatusOK, web.LogoutData{Request: sealed, App: nameOf(client), Account: pages.AccountOf(visitor.User)})
}

// SignOut handles the answer to the question.
func (e Logout) SignOut(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	out, err := e.Requests.Open(r.Context(), form.Get("request"))
	if err != nil {
		return err
	}
	visitor, err := e.Visitors.SignedIn(r)
	if err != nil {
		return err
	}
	if visitor.SignedIn() && !pages.ShownTo(form, visitor) {
		return pages.GoOn(w, r, logoutPath+"?"+url.Values{"request": {form.Get("request")}}.Encode())
	}
	if err := e.end(w, r, visitor); err != nil {
		return err
	}
	if to := out.Location(); to != "" {
		return pages.GoOn(w, r, to)
	}
	return pages.GoOn(w, r, logoutPath)
}

// settle signs out without a question, and sends the person back to the app if it proved
// to know them (§3). The address of any other app is only offered as a link.
func (e Logout) settle(w http.ResponseWriter, r *http.Request, out logout.Request, visitor oauth.Browser) error {
	if err := e.end(w, r, visitor); err != nil {
		return err
	}
	to := out.Location()
	if to != "" && out.Subject != "" {
		return pages.SeeOther(w, to)
	}
	client, err := e.Requests.Client(r.Context(), out)
	if err != nil {
		return err
	}
	return pages.Show(w, r, web.SignedOut, http.StatusOK, web.SignedOutData{
		App: nameOf(client), Return: template.URL(to), //nolint:gosec // G203: registered for the client, byte for byte
	})
}

func (e Logout) end(w http.ResponseWriter, r *http.Request, visitor oauth.Browser) error {
	if visitor.SignedIn() {
		if err := e.Browsers.End(r.Context(), visitor.Session, visitor.User, store.EndedLogout); err != nil {
			return err
		}
	}
	if e.Visitors.Cookies.Session(r) != "" {
		e.Visitors.Cookies.ClearSession(w)
	}
	return nil
}

// parameters returns those of a GET's query or a POST's form. A repeated one that is known
// here is refused, because it could be read in two ways.
func parameters(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodPost {
		return handlers.AppForm(r)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, oauth.MessageUnreadable.Because("the query cannot be read")
	}
	oauth.DropUnknown(query)
	for name, values := range query {
		if len(values) > 1 {
			return nil, oauth.MessageUnreadable.Because("%.40q is repeated", name)
		}
	}
	return query, nil
}
