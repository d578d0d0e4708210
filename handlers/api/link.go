package api

import (
	"fmt"
	"net/http"
	"net/url"
)

// LinkNext sets the Link header to the next page of a list (RFC 8288 §3): the same path
// and parameters with the cursor of the next page, under the issuer's URL, because the
// request's Host header is not trusted. It does nothing on the last page.
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

// Query returns the parameters of the URL, and refuses a malformed query.
// Request.URL.Query would drop malformed parts, and dropping a filter would show more
// than the caller asked for.
func Query(r *http.Request) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &ParseError{"The query string is malformed."}
	}
	return q, nil
}
