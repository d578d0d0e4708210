package api

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/handlers"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// soon stands for 1 to 5 seconds, at random.
const soon = "soon"

// refused reads a body and returns what Refuse writes for the error, or 200 without one.
func refused(contentType, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if contentType == "" {
		r.Header.Del("Content-Type")
	}
	if _, err := ReadBody(w, r); err != nil {
		Refuse(w, r, err)
	}
	return w
}

func TestBodiesThatAreRefused(t *testing.T) {
	const form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
	for _, c := range []struct {
		name, contentType, body string
		status                  int
		want                    string
	}{
		{"nothing", "", "", 200, ""},
		{"JSON in capitals", "APPLICATION/JSON; charset=UTF-8", "{}", 200, ""},
		{"a list", "application/json", "[]", 400, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"a number", "application/json", "1", 400, `{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}`},
		{"a fraction", "application/json", "1.0", 400, `{"non_field_errors":["Invalid data. Expected a dictionary, but got float."]}`},
		{"a flag", "application/json", "true", 400, `{"non_field_errors":["Invalid data. Expected a dictionary, but got bool."]}`},
		{"null", "application/json", "null", 400, `{"non_field_errors":["No data provided"]}`},
		{"two values", "application/json", "{}{}", 400, `{"detail":"JSON parse error - Extra data: line 1 column 3 (char 2)"}`},
		{"UTF-16", "application/json", "{\x00}\x00", 400, `{"detail":"JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"}`},
		{"no type", "", "{}", 415, `{"detail":"Unsupported media type \"\" in request."}`},
		{"text", "text/plain", "{}", 415, `{"detail":"Unsupported media type \"text/plain\" in request."}`},
		{"another charset", "application/json; charset=utf-16", "{}", 415, `{"detail":"Unsupported media type \"application/json; charset=utf-16\" in request."}`},
		{"too large", "application/json", strings.Repeat(" ", MaxBodyBytes+1), 413, `{"detail":"The body is larger than 65536 bytes."}`},
		{"too deep", "application/json", strings.Repeat("[", 17), 400, `{"detail":"JSON parse error - Nesting too deep: line 1 column 17 (char 16)"}`},
		{"form twice", form, "a=1&a=2", 400, `{"detail":"Form parse error - Duplicate field"}`},
		{"form with a semicolon", form, "a=1;b=2", 400, `{"detail":"Form parse error - Malformed encoding"}`},
		{"form in Latin-1", form, "a=%e9", 400, `{"detail":"Form parse error - Not UTF-8"}`},
		{"form of 65", form, strings.Repeat("a=1&", 65), 400, `{"detail":"Form parse error - Too many fields"}`},
		{"no boundary", "multipart/form-data", "x", 400, `{"detail":"Multipart form parse error - Invalid boundary in multipart: None"}`},
		{"cut parts", parts, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", 400, `{"detail":"Multipart form parse error - Malformed part"}`},
	} {
		w := refused(c.contentType, c.body)
		if w.Code != c.status || w.Body.String() != c.want {
			t.Errorf("%s: %d %s, want %d %s", c.name, w.Code, w.Body, c.status, c.want)
		}
	}
}

func read(t *testing.T, contentType, body string) Body {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	b, err := ReadBody(httptest.NewRecorder(), r)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return b
}

func TestValues(t *testing.T) {
	b := read(t, "application/json", `{"text":"  x ","number":12345,"fraction":1.5,"null":null,"flag":true,"list":["a","b"],"mixed":["a",1],"object":{},"blank":""}`)
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"text", b.Text("text"), fields.Given("x")},
		{"text as it is", b.Verbatim("text"), fields.Given("  x ")},
		{"number", b.Text("number"), fields.Given("12345")},
		{"fraction", b.Text("fraction"), fields.Given("1.5")},
		{"null", b.Text("null"), fields.Text{Sent: true, Problem: fields.Null}},
		{"flag for a text", b.Text("flag"), fields.Text{Sent: true, Problem: fields.NotAString}},
		{"list for a text", b.Text("list"), fields.Text{Sent: true, Problem: fields.NotAString}},
		{"not sent", b.Text("TEXT"), fields.Text{}},
		{"blank choice", b.Choice("blank"), fields.Given("")},
		{"flag", b.Flag("flag"), fields.On(true)},
		{"text for a flag", b.Flag("text"), fields.Flag{Sent: true, Problem: fields.NotABoolean}},
		{"list for a flag", b.Flag("list"), fields.Flag{Sent: true, Problem: fields.NotABoolean}},
		{"object for a flag", b.Flag("object"), fields.Flag{Sent: true, Problem: fields.NotABoolean}},
		{"null for a flag", b.Flag("null"), fields.Flag{Sent: true, Problem: fields.Null}},
		{"whole number", b.Number("number"), fields.Whole(12345)},
		{"fraction for a whole number", b.Number("fraction"), fields.Number{Sent: true, Problem: fields.NotANumber}},
		{"text for a list", b.List("text").Problem, fields.NotAList},
		{"mixed list", b.List("mixed").Problem, fields.NotAString},
		{"the same text", b.Same("text", "  x "), true},
		{"another text", b.Same("text", "x"), false},
		{"the same number", b.Same("number", int64(12345)), true},
		{"a number as text", b.Same("number", "12345"), false},
		{"the same flag", b.Same("flag", true), true},
		{"null as text", b.Same("null", ""), false},
		{"null", b.Same("null", nil), true},
		{"an object", b.Same("object", nil), false},
	} {
		if c.got != c.want {
			t.Errorf("%s differs (-want +got):\n%s", c.name, cmp.Diff(c.want, c.got))
		}
	}
	form := read(t, "multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"role\"\r\n\r\n\r\n--B\r\n"+
		"Content-Disposition: form-data; name=\"list\"\r\n\r\na b\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx\r\n--B--\r\n")
	if form.Choice("role").Sent || len(form.List("list").Values) != 2 || form.Text("file").Problem != fields.NotAString {
		t.Errorf("form: %+v, want no role, a list of two and a file that is not text", form)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		body   string
		header map[string]string
	}{
		{authz.ErrDenied, 403, `{"detail":"You do not have permission to perform this action."}`, map[string]string{"WWW-Authenticate": ""}},
		{authz.ErrLastAdmin, 409, `{"detail":"The last active administrator cannot be removed, demoted or deactivated."}`, nil},
		{store.ErrNotFound, 404, `{"detail":"Not found."}`, nil},
		{&MethodNotAllowed{"FOO"}, 405, `{"detail":"Method \"FOO\" not allowed."}`, nil},
		{&throttle.Limited{RetryAfter: 1100 * time.Millisecond}, 429, `{"detail":"Request was throttled. Expected available in 2 seconds."}`, map[string]string{"Retry-After": "2"}},
		{&throttle.Limited{RetryAfter: time.Millisecond}, 429, `{"detail":"Request was throttled. Expected available in 1 second."}`, map[string]string{"Retry-After": "1"}},
		{&password.Busy{RetryAfter: 2 * time.Second}, 503, `{"detail":"The server is busy. Please try again in a moment."}`, map[string]string{"Retry-After": "2"}},
		{errors.Join(errors.New("dial tcp 10.0.0.7:3306"), store.ErrUnavailable), 503, `{"detail":"Service temporarily unavailable, try again later."}`, map[string]string{"Retry-After": soon}},
		{handlers.ErrBusy, 503, `{"detail":"The server is busy. Please try again in a moment."}`, map[string]string{"Retry-After": soon}},
		{errors.New("secret cause"), 500, `{"detail":"A server error occurred."}`, nil},
		{CredentialsRefused(nil), 401, `{"error":"Invalid credentials"}`, nil},
	} {
		w := httptest.NewRecorder()
		Refuse(w, httptest.NewRequest("GET", "/", nil), c.err)
		if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%v: status %d %s, want %d %s, not stored", c.err, w.Code, w.Body, c.status, c.body)
		}
		for name, value := range c.header {
			got := w.Header().Get(name)
			if len(got) == 1 && strings.Contains("12345", got) && value == soon {
				got = soon
			}
			if got != value {
				t.Errorf("%v: header %s is %q, want %q", c.err, name, got, value)
			}
		}
	}
}

func TestRefusedBearer(t *testing.T) {
	for _, c := range []struct {
		header []string
		want   string // the token, or what the refusal says
	}{
		{nil, "Authentication credentials were not provided."},
		{[]string{""}, "Authentication credentials were not provided."},
		{[]string{"Basic YTpi"}, "Authentication credentials were not provided."},
		{[]string{"Bearer"}, "Authorization header must contain two space-delimited values"},
		{[]string{"Bearer a b"}, "Authorization header must contain two space-delimited values"},
		{[]string{"Bearer a", "Bearer b"}, "Authorization header must contain two space-delimited values"},
		{[]string{"Bearer abc"}, "abc"},
	} {
		got, err := bearer(http.Header{"Authorization": c.header})
		if refusal := (*Unauthorized)(nil); errors.As(err, &refusal) {
			got = refusal.Body.(detail).Detail
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.header, got, c.want)
		}
	}
}

func TestAnAnswerThatCannotBeEncodedIsNotHalfSent(t *testing.T) {
	w := httptest.NewRecorder()
	if err := JSON(w, 200, func() {}); err == nil || w.Body.Len() != 0 {
		t.Errorf("err = %v, body %q, want an error and no body", err, w.Body)
	}
	w = httptest.NewRecorder()
	if err := JSON(w, 200, "<é>"); err != nil || !bytes.Equal(w.Body.Bytes(), []byte(`"<é>"`)) {
		t.Errorf(`err = %v, body %q, want "<é>" unescaped`, err, w.Body)
	}
}
