package document

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/outbound"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

const (
	// DefaultPatience is how long a fetch may take, from the look-up of the name to the last
	// byte.
	DefaultPatience = 5 * time.Second
	// maxBytes is how long a document may be (§6.6 of the draft).
	maxBytes = 5 << 10

	// A copy is fresh for what the header says, within these bounds.
	leastFresh = time.Minute
	mostFresh  = 24 * time.Hour
	// usualFresh is for a document that does not say.
	usualFresh = 5 * time.Minute
)

// fetch returns the client that the document at the URL describes. It returns a *Refused if
// the document is not one, or a fault of ours.
func (s *Service) fetch(ctx context.Context, id string) (store.Client, store.ClientDocument, error) {
	patience := s.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text, header, err := outbound.Fetch(limited, s.HTTP, id, maxBytes)
	if err != nil {
		return store.Client{}, store.ClientDocument{}, unfetched(id, err)
	}
	if kind := header.Get("Content-Type"); !isJSON(kind) {
		return store.Client{}, store.ClientDocument{}, NotJSON.because("%.300q has the content type %.100q", id, kind)
	}
	now := s.Now()
	c, err := s.describe(id, text, now)
	return c, store.ClientDocument{
		ClientID: id, Digest: store.DigestOf(string(text)), FetchedAt: now, FreshUntil: now.Add(freshFor(header, now)),
		Network: reqctx.From(ctx).Site().String(),
	}, err
}

// unfetched returns the refusal for an error of the fetch.
func unfetched(id string, err error) *Refused {
	status, answered := errors.AsType[*outbound.StatusError](err)
	switch {
	case answered && status.Status >= http.StatusMultipleChoices && status.Status < http.StatusBadRequest:
		return Redirected.because("%.300q: %v", id, err)
	case answered:
		return NotOK.because("%.300q: %v", id, err)
	case errors.Is(err, outbound.ErrTooLong):
		return TooLong.because("%.300q: %v", id, err)
	}
	return Unreachable.because("%.300q: %v", id, err)
}

// isJSON reports whether a content type is application/json or an application/…+json.
func isJSON(kind string) bool {
	kind, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return false
	}
	return kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

// freshFor returns how long a document is fresh (RFC 9111 §4.2), within our bounds.
func freshFor(h http.Header, now time.Time) time.Duration {
	life, said := lifeOf(h, now)
	if !said {
		return usualFresh
	}
	if age, err := strconv.ParseUint(h.Get("Age"), 10, 31); err == nil {
		life -= time.Duration(age) * time.Second
	}
	return min(max(life, leastFresh), mostFresh)
}

// lifeOf returns the lifetime that a header gives, if it gives one.
func lifeOf(h http.Header, now time.Time) (life time.Duration, said bool) {
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return 0, true
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				return 0, true
			}
			life, said = time.Duration(seconds)*time.Second, true
		}
	}
	if expires := h.Get("Expires"); !said && expires != "" {
		at, err := http.ParseTime(expires)
		if err != nil { // RFC 9111 §5.3: as "0", it has expired
			return 0, true
		}
		return at.Sub(now), true
	}
	return life, said
}
