// Package replay asks our server what the application that it replaces was once
// asked, and compares the answers. Every answer that differs is declared with its
// reason (divergences.go); one that newly differs, or differs no longer, fails.
package replay

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

//go:embed testdata/transcripts.json
var recorded []byte

// A row is one request and the answer of old.
type row struct {
	N           int               `json:"n"`
	Name        string            `json:"name"`
	Actor       string            `json:"actor"`
	Method      string            `json:"method"`
	Path        string            `json:"path"`
	Headers     map[string]string `json:"headers"`
	JSON        json.RawMessage   `json:"json"`
	Raw         string            `json:"raw_body"`
	Status      int               `json:"status"`
	Response    json.RawMessage   `json:"response"`
	Observation json.RawMessage   `json:"observation"`
}

func load(t testing.TB) []row {
	t.Helper()
	var file struct {
		Rows []row `json:"rows"`
	}
	if err := json.Unmarshal(recorded, &file); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	requests := file.Rows[:0]
	for _, r := range file.Rows {
		if r.Observation == nil { // a look into the old database is no request
			requests = append(requests, r)
		}
	}
	return requests
}

var (
	// The file has long strings cut, and bytes that are no UTF-8 as escapes.
	shortened  = regexp.MustCompile(`…\[(\d+) chars in all\]`)
	byteEscape = regexp.MustCompile(`\\x[0-9a-f]{2}`)
)

// body is what was sent.
func (r row) body() string {
	body := r.Raw
	if r.JSON != nil {
		body = strings.ReplaceAll(string(r.JSON), `\u2026[`, "…[")
	}
	if r.Headers["Transfer-Encoding"] == "chunked" {
		return strings.Split(body, "\r\n")[1] // our client makes its own chunks
	}
	if r.Name == "signup.form_1001_fields" {
		return strings.TrimPrefix(strings.Repeat("&f=1", 1001), "&")
	}
	body = lengthen(body)
	if strings.HasPrefix(r.Headers["Content-Type"], "application/json") && r.JSON == nil {
		body = byteEscape.ReplaceAllStringFunc(body, func(s string) string {
			n, _ := strconv.ParseUint(s[2:], 16, 8)
			return string([]byte{byte(n)})
		})
	}
	return body
}

// lengthen repeats the last character before the cut, which comes after 900.
func lengthen(s string) string {
	at := shortened.FindStringSubmatchIndex(s)
	if at == nil {
		return s
	}
	all, _ := strconv.Atoi(s[at[2]:at[3]])
	last := s[at[0]-1 : at[0]]
	return s[:at[0]] + strings.Repeat(last, all-900) + s[at[1]:]
}
