package server

import (
	"net/http"

	"gatehouse/web"
)

// secure sets the headers that every answer carries, whichever part wrote it. It wraps
// the router, whose own middleware would not run on 404 and 405.
func secure(next http.Handler, hsts bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Security-Policy"] = contentSecurityPolicy
		h["X-Frame-Options"] = deny
		h["X-Content-Type-Options"] = noSniff
		h["Referrer-Policy"] = noReferrer
		h["Cross-Origin-Opener-Policy"] = sameOrigin
		h["Cache-Control"] = noStore // JWKS, metadata and assets replace it
		if hsts {
			h["Strict-Transport-Security"] = twoYears
		}
		next.ServeHTTP(w, r)
	})
}

// All answers share these values, so nothing may append to them.
var (
	contentSecurityPolicy = []string{web.Policy}
	deny                  = []string{"DENY"}
	noSniff               = []string{"nosniff"}
	noReferrer            = []string{"no-referrer"}
	sameOrigin            = []string{"same-origin"}
	noStore               = []string{"no-store"}
	twoYears              = []string{"max-age=63072000; includeSubDomains"}
)
