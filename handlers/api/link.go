package api

import (
	"fmt"
	"net/http"
	"net/url"
)

// LinkNext tells where the list goes on (RFC 8288 §3): the same path and
// parameters with the cursor of the next page, under our own URL and not the one
// that the request claims to have come to. It does nothing for the last page.
func LinkNext(w http.ResponseWriter, r *http.Request, issuer *url.URL, next string) {
	if next == "" {
		return
	}
	query := r.URL.Query()
	query.Set("cursor", next)
	link := issuer.JoinPath(r.URL.Path)
	link.RawQuery = query.Encode()
	w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, link))
}

// Query returns the parameters of the URL, and refuses a query that is malformed:
// Request.URL.Query drops what it cannot read, and a filter that is dropped shows
// more than was asked for.
func Query(r *http.Request) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &ParseError{"The query string is malformed."}
	}
	return q, nil
}
