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

// metadataMaxAge is how long the metadata may be kept. It changes with a new
// version of the server only.
const metadataMaxAge = time.Hour

// A document stays the same as long as the process runs
// (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).
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
	handlers.WriteDocument(w, r, document.Body, document.ETag, document.MaxAge)
	return nil
}
