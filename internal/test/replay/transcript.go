// Package replay sends our server the requests that were recorded with the application
// that it replaces, and compares the answers. Every difference is declared with its reason
// (divergences.go). An undeclared difference fails, and so does a declared one that has
// disappeared.
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

// A row is one request and its old answer.
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
		if r.Observation == nil { // an observation is a look into the old database, not a request
			requests = append(requests, r)
		}
	}
	return requests
}

var (
	// The file shortens long strings, and escapes bytes that are not UTF-8.
	shortened  = regexp.MustCompile(`…\[(\d+) chars in all\]`)
	byteEscape = regexp.MustCompile(`\\x[0-9a-f]{2}`)
)

// body returns the body that was sent.
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

// lengthen undoes the shortening, which keeps 900 characters, by repeating the last one.
func lengthen(s string) string {
	at := shortened.FindStringSubmatchIndex(s)
	if at == nil {
		return s
	}
	all, _ := strconv.Atoi(s[at[2]:at[3]])
	last := s[at[0]-1 : at[0]]
	return s[:at[0]] + strings.Repeat(last, all-900) + s[at[1]:]
}
