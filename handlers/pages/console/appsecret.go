package console

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/store"
	"gatehouse/web"
)

// showSecret answers a form with a secret, which is shown this once and kept by no cache.
func (s Site) showSecret(w http.ResponseWriter, r *http.Request, me pages.Visit, c store.Client, secret, heading, text string) error {
	w.Header().Set("Cache-Control", "no-store")
	return pages.Show(w, r, web.ConsoleAppSecret, http.StatusCreated, web.ConsoleAppSecretData{
		Frame: s.frame(w, r, me, "apps"), App: s.headOf(r, c), Heading: heading, Text: text, Secret: secret, Issuer: s.Issuer,
	})
}
