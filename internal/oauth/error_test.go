package oauth_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"gatehouse/internal/oauth"
)

func TestDescriptionsMayBeSent(t *testing.T) {
	codes := []oauth.Code{
		oauth.InvalidRequest, oauth.InvalidClient, oauth.InvalidGrant, oauth.UnauthorizedClient,
		oauth.UnsupportedGrantType, oauth.InvalidScope, oauth.TemporarilyUnavailable, oauth.ServerError,
	}
	for _, c := range codes {
		d := c.Description()
		if d == "" {
			t.Errorf("%s has no description, want one", c)
		}
		// RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
		if i := strings.IndexFunc(d, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }); i >= 0 {
			t.Errorf("%s: character %q may not be sent, want printable ASCII without quotes", c, d[i])
		}
	}
}

func TestARefusalHasCodeAndCause(t *testing.T) {
	err := error(oauth.InvalidGrant.Because("reading a token: %w", io.ErrUnexpectedEOF))
	if !errors.Is(err, oauth.InvalidGrant) || !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, oauth.InvalidClient) {
		t.Errorf("chain of %v, want InvalidGrant and ErrUnexpectedEOF and no other code", err)
	}
	if want := "invalid_grant: reading a token: unexpected EOF"; err.Error() != want {
		t.Errorf("text %q, want %q", err, want)
	}
}
