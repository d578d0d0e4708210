package protocol

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/oauth/discovery"
	"gatehouse/keys"
)

const (
	// metadataMaxAge is how long the metadata may be cached. They change only with a new
	// version of the server.
	metadataMaxAge = time.Hour
	// todayMaxAge is that of metadata which an administrator may change at any time.
	todayMaxAge = time.Minute
)

// A document is a metadata document (RFC 8414 §3, RFC 9728 §3, OpenID Connect Discovery 1.0
// §4). It is written anew when what it says has changed.
type document struct {
	today func(context.Context) discovery.Today
	write func(discovery.Today) ([]byte, error)

	mu   sync.Mutex
	of   discovery.Today
	kept keys.Document
}

// Serve writes the document.
func (e *document) Serve(w http.ResponseWriter, r *http.Request) error {
	d, err := e.now(e.today(r.Context()))
	if err != nil {
		return err
	}
	handlers.WriteDocument(w, r, d.Body, d.ETag, d.MaxAge)
	return nil
}

func (e *document) now(today discovery.Today) (keys.Document, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if today != e.of {
		if err := e.renew(today); err != nil {
			return keys.Document{}, err
		}
	}
	return e.kept, nil
}

func (e *document) renew(today discovery.Today) error {
	body, err := e.write(today)
	if err != nil {
		return fmt.Errorf("describing the server: %w", err)
	}
	maxAge := metadataMaxAge
	if today != (discovery.Today{}) {
		maxAge = todayMaxAge
	}
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	e.of, e.kept = today, keys.Document{Body: body, ETag: tag, MaxAge: maxAge}
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
