package authorize

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/oauth"
)

// continuationLife is how long a person may take at our pages before the request begins
// anew, and a sign-in that was made for it counts as any other.
const continuationLife = 15 * time.Minute

// maxParameterBytes bounds the parameters of a request: of one that is sealed, because it
// travels in a URL, which has to fit into a request's headers; and of one that is pushed,
// because we keep it for anybody.
const maxParameterBytes = 6 << 10

// A Continuation is an authorization request that waits for a person. The server
// stores nothing: the sealed continuation travels with the browser.
type Continuation struct {
	// Query holds the request's parameters, form-urlencoded. A pushed request has only
	// its reference here, because pushed parameters must not appear in a URL.
	Query string `json:"q"`
	// Began is when the request came, in Unix milliseconds. A sign-in or consent since
	// then was made for it.
	Began int64 `json:"t"`
	// Browser is the digest of the pre-login cookie of the browser that began the
	// request. If it is empty, no browser has begun it yet.
	Browser string `json:"b,omitempty"`
	// Signed is until when the parameters count as signed, in Unix milliseconds, if they are
	// of a request object that was verified.
	Signed int64 `json:"u,omitempty"`
	// SessionID is the browser session that was asked for consent.
	SessionID string `json:"s,omitempty"`
	// Shown is the scope that the consent page asks for.
	Shown authz.Scope `json:"c,omitempty"`
}

func (c Continuation) parameters() url.Values {
	values, _ := url.ParseQuery(c.Query) // we encoded it
	return values
}

func (c Continuation) began() time.Time { return time.UnixMilli(c.Began).UTC() }

// begunIn reports whether b is the browser that began the request.
func (c Continuation) begunIn(b oauth.Browser) bool {
	return b.Pre != "" && subtle.ConstantTimeCompare([]byte(c.Browser), []byte(browserDigest(b))) == 1
}

func browserDigest(b oauth.Browser) string {
	sum := sha256.Sum256([]byte(b.Pre))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Continuations seals and opens continuations.
type Continuations struct {
	Sealer cursor.Sealer // its key is used for nothing else
	Now    func() time.Time
}

const continuationLabel = "authorization request"

// Seal returns the continuation as a URL parameter.
func (s Continuations) Seal(c Continuation) (string, error) {
	if len(c.Query) > maxParameterBytes {
		return "", oauth.MessageTooLong.Because("parameters of %d bytes", len(c.Query))
	}
	return s.Sealer.Seal(continuationLabel, c)
}

// Open reads a sealed continuation. It returns an *oauth.UserError if the text was
// edited. One that is too old begins now: what the app asked for is still known, and
// whoever left the page open need not go back to the app.
func (s Continuations) Open(sealed string) (Continuation, error) {
	var c Continuation
	if err := s.Sealer.Open(continuationLabel, sealed, &c); err != nil {
		return Continuation{}, oauth.MessageStale.Because("opening a sealed request: %w", err)
	}
	if now := s.Now(); now.Sub(c.began()) > continuationLife {
		c.Began = now.UnixMilli()
	}
	return c, nil
}
