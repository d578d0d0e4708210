// Package authenticator is an authenticator for tests: it makes passkeys and signs with
// them as WebAuthn Level 3 says, or otherwise where a test asks for that.
package authenticator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// A Key is a passkey with what the authenticator says of it. Tests change the fields.
type Key struct {
	ID, Handle []byte
	// Origin is that of the page which asks.
	Origin, RelyingParty string
	// Counter is the next value of the counter; it rises with each use unless it is 0.
	Counter uint32
	// Verified is whether the authenticator verified the person; Synced is whether the key
	// is backed up.
	Verified, Synced bool

	t      testing.TB
	secret *ecdsa.PrivateKey
}

// New returns a passkey that is not made yet, for pages of an origin.
func New(t testing.TB, origin string) *Key {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("making a key: %v", err)
	}
	return &Key{ID: []byte(rand.Text()), Origin: origin, Verified: true, t: t, secret: secret}
}

// Forged returns another key that calls itself the same.
func (k *Key) Forged() *Key {
	other := *k
	other.secret = New(k.t, k.Origin).secret
	return &other
}

// The flags of authenticator data (WebAuthn Level 3 §6.1).
const (
	present  = 0x01
	verified = 0x04
	eligible = 0x08
	backedUp = 0x10
	attested = 0x40
)

// Create answers the options of navigator.credentials.create.
func (k *Key) Create(options []byte) []byte {
	k.t.Helper()
	var asked struct {
		RP        struct{ ID string }
		User      struct{ ID string }
		Challenge string
	}
	k.read(options, &asked)
	k.RelyingParty, k.Handle = asked.RP.ID, k.decode(asked.User.ID)
	data := append(k.data(attested), make([]byte, 16)...)         // an AAGUID of zeros
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.ID))) //nolint:gosec // G115: a few dozen bytes
	data = append(append(data, k.ID...), k.public()...)
	return k.answer(map[string]any{
		"clientDataJSON": encode(k.client("webauthn.create", asked.Challenge)), "attestationObject": encode(attestation(data)), "transports": []string{"internal"},
	})
}

// Get answers the options of navigator.credentials.get.
func (k *Key) Get(options []byte) []byte {
	k.t.Helper()
	var asked struct{ Challenge, RPID string }
	k.read(options, &asked)
	client, data := k.client("webauthn.get", asked.Challenge), k.data(0)
	about := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), about[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.secret, signed[:])
	if err != nil {
		k.t.Fatalf("signing: %v", err)
	}
	return k.answer(map[string]any{
		"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature), "userHandle": encode(k.Handle),
	})
}

// data returns authenticator data, and counts.
func (k *Key) data(flags byte) []byte {
	party := sha256.Sum256([]byte(k.RelyingParty))
	flags |= present
	if k.Verified {
		flags |= verified
	}
	if k.Synced {
		flags |= eligible | backedUp
	}
	data := binary.BigEndian.AppendUint32(append(party[:], flags), k.Counter)
	if k.Counter > 0 {
		k.Counter++
	}
	return data
}

func (k *Key) client(kind, challenge string) []byte {
	text, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": k.Origin, "crossOrigin": false})
	return text
}

// public returns the key as COSE has it (RFC 9053 §7.1.1): kty 2, alg -7, crv 1, x, y.
func (k *Key) public() []byte {
	point, err := k.secret.PublicKey.Bytes()
	if err != nil {
		k.t.Fatalf("encoding a key: %v", err)
	}
	cose := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33]...)
	return append(append(cose, 0x22, 0x58, 32), point[33:]...)
}

// attestation returns an attestation object without a statement, in CBOR.
func attestation(data []byte) []byte {
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xa0, 0x68), "authData"...)
	return append(binary.BigEndian.AppendUint16(append(object, 0x59), uint16(len(data))), data...) //nolint:gosec // G115: a few hundred bytes
}

func (k *Key) answer(response map[string]any) []byte {
	text, err := json.Marshal(map[string]any{
		"id": encode(k.ID), "rawId": encode(k.ID), "type": "public-key", "response": response,
		"clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform",
	})
	if err != nil {
		k.t.Fatalf("encoding an answer: %v", err)
	}
	return text
}

func (k *Key) read(options []byte, into any) {
	k.t.Helper()
	if err := json.Unmarshal(options, into); err != nil {
		k.t.Fatalf("reading options: %v\n%s", err, options)
	}
}

func (k *Key) decode(text string) []byte {
	k.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		k.t.Fatalf("decoding %q: %v", text, err)
	}
	return raw
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
