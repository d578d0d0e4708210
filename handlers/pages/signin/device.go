package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/device"
	"gatehouse/web"
)

// Device is the page where people connect a device that has no browser (RFC 8628 §3.3).
type Device struct {
	Visitors pages.Visitors
	Requests interface {
		Find(ctx context.Context, userCode string) (device.Request, error)
		NeedsSignIn(asked device.Request, b oauth.Browser) bool
		Decide(ctx context.Context, userCode string, b oauth.Browser, allow bool) error
	}
	Now func() time.Time
}

// Show asks for the code, and then whether the device may have what it asks for. It
// also asks if the code came in the address (§5.4), because somebody else may have sent
// that address.
func (e Device) Show(w http.ResponseWriter, r *http.Request) error {
	visitor, err := e.Visitors.SignedIn(r)
	if err != nil {
		return err
	}
	code := r.URL.Query().Get("user_code")
	if !visitor.SignedIn() {
		return pages.SeeOther(w, loginPath+"?"+url.Values{"user_code": {orNone(code)}}.Encode())
	}
	if code == "" || code == noCode {
		return pages.Show(w, r, web.Device, http.StatusOK, web.DeviceData{})
	}
	asked, err := e.Requests.Find(r.Context(), code)
	if err != nil {
		return e.again(w, r, code, err)
	}
	if e.Requests.NeedsSignIn(asked, visitor) {
		return pages.SeeOther(w, loginPath+"?"+url.Values{"user_code": {asked.UserCode}, "again": {"1"}}.Encode())
	}
	return pages.Show(w, r, web.DeviceConsent, http.StatusOK, web.DeviceConsentData{
		UserCode: asked.UserCode, App: nameOf(asked.Client), Claim: claimOf(r, asked.Client, ""), IP: asked.IP, Since: e.ago(r, asked.CreatedAt),
		Account: pages.AccountOf(visitor.User), Asked: inWords(asked.Asked), Another: elsewhere(web.LoginData{UserCode: asked.UserCode}),
	})
}

// noCode passes through the sign-in in place of a code that is not yet typed.
const noCode = "-"

func orNone(code string) string {
	if code == "" {
		return noCode
	}
	return code
}

// Answer handles the person's answer.
func (e Device) Answer(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	visitor, err := e.Visitors.SignedIn(r)
	if err != nil {
		return err
	}
	code := form.Get("user_code")
	allow, err := chosen(form.Get("answer"), true, false)
	if err != nil {
		return err
	}
	if !visitor.SignedIn() {
		return pages.GoOn(w, r, loginPath+"?"+url.Values{"user_code": {orNone(code)}}.Encode())
	}
	if !pages.ShownTo(form, visitor) {
		return pages.GoOn(w, r, DevicePath+"?"+url.Values{"user_code": {code}}.Encode())
	}
	asked, err := e.Requests.Find(r.Context(), code)
	if err == nil {
		err = e.Requests.Decide(r.Context(), code, visitor, allow)
	}
	if errors.Is(err, oauth.ErrMoved) { // to the sign-in, which it says is needed
		return pages.GoOn(w, r, DevicePath+"?"+url.Values{"user_code": {code}}.Encode())
	}
	if err != nil {
		return e.again(w, r, code, err)
	}
	return pages.Show(w, r, web.DeviceDone, http.StatusOK, web.DeviceDoneData{Allowed: allow, App: nameOf(asked.Client)})
}

// again asks for the code once more, if another try can help.
func (e Device) again(w http.ResponseWriter, r *http.Request, code string, err error) error {
	data := web.DeviceData{UserCode: code}
	if shown, ok := errors.AsType[*oauth.UserError](err); ok {
		data.Problem = pages.Told(r, string(shown.Message))
		return pages.Show(w, r, web.Device, http.StatusUnprocessableEntity, data)
	}
	if status, seconds := handlers.Trouble(w.Header(), err); status == http.StatusTooManyRequests {
		data.Problem = pages.Say(r, "Too many wrong codes. Please wait %s before you try again.", pages.InWords(r, seconds))
		return pages.Show(w, r, web.Device, status, data)
	}
	return err
}

func (e Device) ago(r *http.Request, t time.Time) string {
	seconds := int(e.Now().Sub(t).Seconds())
	if seconds < 10 {
		return pages.Say(r, "just now")
	}
	return pages.Say(r, "%s ago", pages.InWords(r, seconds))
}
