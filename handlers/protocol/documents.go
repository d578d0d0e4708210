package protocol

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"gatehouse/handlers"
	"gatehouse/keys"
)

// metadataMaxAge is how long the metadata may be cached. They change only with a new
// version of the server.
const metadataMaxAge = time.Hour

// A document is a metadata document (RFC 8414 §3, OpenID Connect Discovery 1.0 §4). It
// does not change while the process runs.
type document struct{ keys.Document }

func newDocument(body []byte) document {
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return document{keys.Document{Body: body, ETag: tag, MaxAge: metadataMaxAge}}
}

// Serve writes the document.
func (e document) Serve(w http.ResponseWriter, r *http.Request) error {
	handlers.WriteDocument(w, r, e.Body, e.ETag, e.MaxAge)
	return nil
}

// JWKS serves the set of public keys (RFC 7517 §5).
type JWKS struct {
	Keys interface {
		JWKS(ctx context.Context) (keys.Document, error)
	}
}

// Serve writes the keys. How long they may be cached follows from the rotation schedule,
// so that a verifier that caches them no longer than that never sees an unknown kid.
func (e JWKS) Serve(w http.ResponseWriter, r *http.Request) error {
	document, err := e.Keys.JWKS(r.Context())
	if err != nil {
		return err
	}
	handlers.WriteDocument(w, r, document.Body, document.ETag, document.MaxAge)
	return nil
}
