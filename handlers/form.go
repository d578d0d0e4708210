package handlers

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
)

// The bounds of a form. A token request has a dozen parameters, and the longest
// of them are tokens of less than 2 KiB.
const (
	maxFormBytes      = 64 << 10
	maxFormParameters = 64
)

// A FormError says why a request's form was not read.
type FormError struct {
	// Status is 400, 405 (only POST is allowed) or 413.
	Status int
	reason string
}

func (e *FormError) Error() string { return "form: " + http.StatusText(e.Status) + ": " + e.reason }

// Unwrap says what is wrong with the form.
func (e *FormError) Unwrap() error {
	return &refusal.Fact{Kind: refusal.FormUnreadable, Given: e.reason}
}

func badForm(reason string) *FormError { return &FormError{http.StatusBadRequest, reason} }

// Form reads the parameters of a POST from its body alone, by the rules of
// RFC 6749 §3.2 and Appendix B: form-urlencoded UTF-8, no parameter twice, and a
// parameter without a value counts as omitted. It also sets r.PostForm and r.Form,
// so that a later reader does not find parameters of the query.
func Form(r *http.Request) (url.Values, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, err
	}
	return single(r, form)
}

// AppForm is Form for the endpoints that apps call: it ignores parameters that none of them
// reads.
func AppForm(r *http.Request) (url.Values, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, err
	}
	oauth.DropUnknown(form)
	return single(r, form)
}

func single(r *http.Request, form url.Values) (url.Values, error) {
	for name, values := range form {
		if len(values) > 1 && name != oauth.Resource {
			return nil, badForm("a repeated parameter")
		}
		if values = slices.DeleteFunc(values, isEmpty); len(values) == 0 {
			delete(form, name)
		} else {
			form[name] = values
		}
	}
	r.PostForm, r.Form = form, form
	return form, nil
}

// Repeatable reads a form like Form, but leaves repeated and empty parameters to the
// caller, and does not change r.
func Repeatable(r *http.Request) (url.Values, error) { return readForm(r) }

func readForm(r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost {
		return nil, &FormError{http.StatusMethodNotAllowed, "not a POST"}
	}
	if err := formHeaders(r); err != nil {
		return nil, err
	}
	body := RoomFor(r)
	_, err := body.ReadFrom(io.LimitReader(r.Body, maxFormBytes+1))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &FormError{http.StatusRequestEntityTooLarge, "the body is too large"}
	}
	if err != nil {
		return nil, badForm("the body could not be read")
	}
	if body.Len() > maxFormBytes {
		return nil, &FormError{http.StatusRequestEntityTooLarge, "the body is too large"}
	}
	return parseForm(body.String())
}

// RoomFor returns an empty buffer with room for the body of r, as long as the request says
// it is, but at most 2 KiB: a sender who announces more must first send it.
func RoomFor(r *http.Request) *bytes.Buffer {
	const most = 2 << 10
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), most)) + bytes.MinRead)
	return &body
}

// secretParameters do not belong in a URL, which proxies and servers log.
var secretParameters = []string{
	"client_secret", "client_assertion", "password", "refresh_token", "access_token",
	"token", "code", "code_verifier", "assertion", "subject_token", "device_code", "otp", "totp", "recovery_code", "auth_session",
}

// formHeaders checks what is known before the body is read. A query is ignored
// (RFC 6749 §3.2 allows one), but if it carries a secret, the sender must learn of the
// mistake.
func formHeaders(r *http.Request) error {
	types := r.Header.Values("Content-Type")
	if len(types) != 1 {
		return badForm("not one Content-Type")
	}
	kind, _, err := mime.ParseMediaType(types[0])
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return badForm("the Content-Type is not application/x-www-form-urlencoded")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return badForm("the body has a Content-Encoding")
	}
	if r.URL.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badForm("a query that cannot be read")
	}
	if slices.ContainsFunc(secretParameters, query.Has) {
		return badForm("a secret in the query")
	}
	return nil
}

func parseForm(body string) (url.Values, error) {
	if strings.Count(body, "&") >= maxFormParameters {
		return nil, badForm("too many parameters")
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, badForm("the body is not form-urlencoded") // the cause quotes the body
	}
	for name, values := range form {
		if !utf8.ValidString(name) || slices.ContainsFunc(values, notUTF8) {
			return nil, badForm("a parameter that is not UTF-8")
		}
	}
	return form, nil
}

func isEmpty(s string) bool { return s == "" }

func notUTF8(s string) bool { return !utf8.ValidString(s) }
