package pages

import (
	"net/http"
	"net/url"
	"strings"

	"gatehouse/handlers"
)

// SameOrigin lets only our own pages, and programs, call an endpoint that changes
// something: a browser says where a form comes from, and a program is not a browser.
//
// Our own pages are those at the issuer. The Host of the request does not count, because
// it is a word of the caller: a page at another name that leads to this server would
// always agree with it.
func SameOrigin(issuer string) func(handlers.Endpoint) handlers.Endpoint {
	own := originOf(issuer)
	foreign := &Problem{
		Status: http.StatusForbidden, Reason: "a form from another origin", Heading: "This form came from another site",
		Text: "Open the page at %s and send the form again.", Args: []any{own},
	}
	return func(next handlers.Endpoint) handlers.Endpoint {
		return func(w http.ResponseWriter, r *http.Request) error {
			if !sentFrom(r, own) {
				return foreign
			}
			return next(w, r)
		}
	}
}

// sentFrom reports whether a request comes from a page of the origin or from a program.
// Sec-Fetch-Site cannot be forged by a page (Fetch Metadata §2.3), but speaks of the host
// that the browser asked for; Origin says which page it was. A browser that keeps Origin
// to itself sends "null", and is believed only if it says the other.
func sentFrom(r *http.Request, own string) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	switch site {
	case "", "same-origin", "none":
	default:
		return false
	}
	return origin == "" || strings.EqualFold(origin, own) || origin == "null" && site == "same-origin"
}

// originOf returns the origin of an address as browsers write it: without a port that
// its scheme implies (HTML standard §7.1.1).
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := u.Host
	if implied := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]; implied != "" {
		host = strings.TrimSuffix(host, implied)
	}
	return strings.ToLower(u.Scheme + "://" + host)
}
