package protocol

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse/keys"
)

// metadataMaxAge is how long the metadata may be kept. It changes with a new
// version of the server only.
const metadataMaxAge = time.Hour

// Metadata is a document that stays the same as long as the process runs
// (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).
type Metadata struct{ document keys.Document }

// NewMetadata returns the endpoint of a JSON document.
func NewMetadata(body []byte) Metadata {
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return Metadata{keys.Document{Body: body, ETag: tag, MaxAge: metadataMaxAge}}
}

// Serve writes the document.
func (e Metadata) Serve(w http.ResponseWriter, r *http.Request) error {
	writeDocument(w, r, e.document)
	return nil
}

// JWKS is the set of public keys (RFC 7517 §5).
type JWKS struct {
	Keys interface {
		JWKS(ctx context.Context) (keys.Document, error)
	}
}

// Serve writes the keys. How long they may be kept follows from the schedule of
// their rotation, so that who keeps them no longer meets no unknown kid.
func (e JWKS) Serve(w http.ResponseWriter, r *http.Request) error {
	document, err := e.Keys.JWKS(r.Context())
	if err != nil {
		return err
	}
	writeDocument(w, r, document)
	return nil
}

// writeDocument writes a public document. Any web page may read it: there is
// nothing in it that is not meant for all.
func writeDocument(w http.ResponseWriter, r *http.Request, d keys.Document) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(d.MaxAge/time.Second)))
	h.Set("ETag", d.ETag)
	if matches(r.Header.Get("If-None-Match"), d.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(d.Body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.Body) // the connection's trouble, not ours
	}
}

// matches compares an If-None-Match header with our tag, weakly (RFC 9110 §13.1.2).
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == "*" || candidate == tag {
			return true
		}
	}
	return false
}
