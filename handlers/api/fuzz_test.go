package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// An accepted JSON text has one reading: no name occurs twice, it nests no deeper than
// the bound, and encoding and reading it again gives the same value.
func FuzzJSONHasOneReading(f *testing.F) {
	deep := strings.Repeat(`{"a":[`, 8) + strings.Repeat("]}", 8)
	for _, s := range []string{
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"role":"user","ROLE":"admin"}`, deep, "[" + deep + "]", `{"a":{"b":1,"b":1}}`, `[1,]`, `{"a":1}{}`, `"\ud800"`, `1e999`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := parseJSON(text)
		if err != nil {
			return
		}
		if d := depthOf(v); d > maxNesting {
			t.Errorf("accepted %d levels, want at most %d", d, maxNesting)
		}
		if n, m := namesIn(text), countNames(v); n != m {
			t.Errorf("%q has %d names, want %d, as many as were kept", text, n, m)
		}
		if !allValid(v) {
			return
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("marshalling the JSON: %v", err)
		}
		if back, err := parseJSON(again); err != nil || !cmp.Equal(back, v) {
			t.Errorf("%q is read again as %v, %v; want %v", again, back, err, v)
		}
	})
}

func depthOf(v any) int {
	deepest := 0
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			deepest = max(deepest, depthOf(x))
		}
	case map[string]any:
		for _, x := range v {
			deepest = max(deepest, depthOf(x))
		}
	default:
		return 0
	}
	return deepest + 1
}

func countNames(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			n += countNames(x)
		}
	case map[string]any:
		n = len(v)
		for _, x := range v {
			n += countNames(x)
		}
	}
	return n
}

// namesIn counts the member names of a text by the colons outside its strings.
func namesIn(text []byte) int {
	n, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case inString && text[i] == '\\':
			i++
		case text[i] == '"':
			inString = !inString
		case text[i] == ':' && !inString:
			n++
		}
	}
	return n
}

// In an accepted body a field is found under its exact name alone, and every way of
// reading it returns a value or a problem.
func FuzzBody(f *testing.F) {
	const boundary = "multipart/form-data; boundary=b"
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	for _, s := range [][2]string{
		{"application/json", `{"Role":"admin","list":["a",1],"n":7,"o":{"x":null},"t":true}`},
		{"application/json; charset=utf-8", `{"address":{"country":"DE"}}`}, {"application/json; charset=latin1", `{}`},
		{"application/x-www-form-urlencoded", "a=1&address.country=DE&flag=true"}, {"application/x-www-form-urlencoded", "a=1&a=2"},
		{boundary, part("a", "1") + part("b", "2") + "--b--"}, {boundary, part("a", "1") + part("a", "2") + "--b--"}, {boundary, "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n--b--"},
		{"multipart/form-data", "x"}, {"text/plain", "x"}, {"", "x"}, {boundary, part("", "\xff") + "--b--"},
	} {
		f.Add(s[0], []byte(s[1]))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		b, err := ReadBody(httptest.NewRecorder(), r)
		if err != nil {
			return
		}
		if len(body) > MaxBodyBytes || b.form && len(b.values) > maxParameters {
			t.Errorf("accepted %d fields in %d bytes, want at most %d in %d bytes", len(b.values), len(body), maxParameters, MaxBodyBytes)
		}
		for name, value := range b.values {
			readable(t, b, name)
			if other := strings.ToUpper(name); other != name && b.values[other] == nil && b.Has(other) {
				t.Errorf("%q is found as %q, want only its own spelling", name, other)
			}
			if text, ok := value.(string); ok && b.form && (!utf8.ValidString(text) || !utf8.ValidString(name)) {
				t.Errorf("%q = %q is not UTF-8, want a refusal", name, text)
			}
		}
	})
}

// readable reads a field in every way. A reading that fails must have a problem and no
// value.
func readable(t *testing.T, b Body, name string) {
	t.Helper()
	text, flag, list, number := b.Text(name), b.Flag(name), b.List(name), b.Number(name)
	b.Choice(name)
	b.Same(name, "x")
	if part, problem := b.Part(name); problem != "" && len(part.values) > 0 {
		t.Errorf("%q: a part despite the problem %s, want none", name, problem)
	}
	if doc := b.Document(name); doc.Problem != "" && doc.Value != "" {
		t.Errorf("%q: a document despite the problem %s, want none", name, doc.Problem)
	}
	if text.Problem != "" && text.Value != "" || flag.Problem != "" && flag.Value || list.Problem != "" && len(list.Values) > 0 || number.Problem != "" && number.Value != 0 {
		t.Errorf("%q: %+v %+v %+v %+v, want no value together with a problem", name, text, flag, list, number)
	}
}
