package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"gatehouse/handlers"
)

// Associations tell browsers and systems which websites and apps belong to this server, so
// that its passkeys can be used there.
type Associations struct {
	// Origins are the related origins (WebAuthn Level 3 §5.11.1), the server's own among
	// them. Apple and Android are apps.
	Origins []string
	Apple   []string
	Android []AndroidApp
}

// An AndroidApp is an app on Android: its package, and the fingerprint of the certificate
// that signs it.
type AndroidApp struct{ Package, Fingerprint string }

// associationsGood is how long the documents may be kept.
const associationsGood = time.Hour

func (e Associations) routes() []handlers.Route {
	return []handlers.Route{
		{Method: http.MethodGet, Path: "/.well-known/webauthn", Serve: documentOf(len(e.Origins), e.webauthn())},
		{Method: http.MethodGet, Path: "/.well-known/apple-app-site-association", Serve: documentOf(len(e.Apple), e.apple())},
		{Method: http.MethodGet, Path: "/.well-known/assetlinks.json", Serve: documentOf(len(e.Android), e.android())},
	}
}

func (e Associations) webauthn() any { return map[string]any{"origins": e.Origins} }

// apple returns the document of Apple's Supporting Associated Domains.
func (e Associations) apple() any {
	return map[string]any{"webcredentials": map[string]any{"apps": e.Apple}}
}

// android returns the statements of Google's Digital Asset Links.
func (e Associations) android() any {
	var all []any
	for _, app := range e.Android {
		all = append(all, map[string]any{
			"relation": []string{"delegate_permission/common.handle_all_urls", "delegate_permission/common.get_login_creds"},
			"target": map[string]any{
				"namespace": "android_app", "package_name": app.Package, "sha256_cert_fingerprints": []string{app.Fingerprint},
			},
		})
	}
	return all
}

// documentOf serves a document that names n places. One that names none does not exist.
func documentOf(n int, document any) handlers.Endpoint {
	body, err := json.Marshal(document)
	if err != nil {
		panic(err) // cannot happen: the document is plain data
	}
	return func(w http.ResponseWriter, _ *http.Request) error {
		if n == 0 {
			return handlers.ErrNotFound
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(associationsGood.Seconds())))
		_, err := w.Write(body)
		return err
	}
}
