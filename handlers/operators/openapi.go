package operators

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

//go:embed openapi.json
var document []byte

// OpenAPI is the description of everything that the server answers (OpenAPI 3.1).
// It is written by hand; a test holds the server's answers against it.
type OpenAPI struct{ tag string }

// NewOpenAPI returns the endpoint.
func NewOpenAPI() OpenAPI {
	sum := sha256.Sum256(document)
	return OpenAPI{tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// Document is the document itself. It must not be changed.
func (e OpenAPI) Document() []byte { return document }

// Serve writes the document. Any web page may read it, for tools that draw it are
// web pages, and there is nothing in it that is not meant for all.
func (e OpenAPI) Serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", e.tag)
	if e.unchanged(r.Header.Get("If-None-Match")) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(document)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(document) // the connection's trouble, not ours
	}
	return nil
}

// unchanged compares an If-None-Match header with our tag, weakly (RFC 9110 §13.1.2).
func (e OpenAPI) unchanged(header string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == "*" || candidate == e.tag {
			return true
		}
	}
	return false
}
