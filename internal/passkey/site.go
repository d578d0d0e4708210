// Package passkey makes and verifies passkeys (WebAuthn Level 3), with go-webauthn. It
// knows what a credential proves. Package account decides what a person may do with one.
package passkey

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// A Site is the relying party of all passkeys: the host of the issuer.
type Site struct {
	// own accepts what was signed at our own pages; apps accepts what was signed in apps of
	// ours, too.
	own, apps *webauthn.WebAuthn
}

// Apps are the places beside our own pages where passkeys of the issuer may be used.
type Apps struct {
	// Origins are related origins (WebAuthn Level 3 §5.11), such as https://shop.example.
	Origins []string
	// Android are apps as package@fingerprint, with the SHA-256 of the signing certificate
	// in hexadecimal.
	Android []string
}

// NewSite returns the site of an issuer. It is nil if the issuer's host is an IP address,
// which cannot be a relying party (WebAuthn Level 3 §5.1.3), and then there are no passkeys.
func NewSite(issuer, name string, apps Apps) (*Site, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, fmt.Errorf("reading the issuer: %w", err)
	}
	host := strings.ToLower(u.Hostname())
	if net.ParseIP(host) != nil {
		return nil, nil
	}
	origin := strings.ToLower(u.Scheme + "://" + u.Host)
	s := &Site{}
	if s.own, err = party(host, name, []string{origin}, nil); err != nil {
		return nil, err
	}
	native, err := keyHashes(apps.Android)
	if err != nil {
		return nil, err
	}
	s.apps, err = party(host, name, append([]string{origin}, apps.Origins...), native)
	return s, err
}

// party returns the relying party for the origins. A browser page of ours inside another
// site's frame is refused, and every ceremony verifies the person (UV).
func party(host, name string, origins, native []string) (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: origins, RPOpaqueOrigins: native,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		// Browsers add outputs of extensions that nobody asked for; none of them is read here.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("describing the relying party %s: %w", host, err)
	}
	return w, nil
}

// ID is the relying party's ID.
func (s *Site) ID() string { return s.own.Config.RPID }
