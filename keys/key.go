package keys

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"gatehouse/store"
)

// keyBits is the minimum of RFC 7518 §3.3; signing with 3,072 bits costs three times as much.
const keyBits = 2048

// A WrongMasterKey says that the signing keys were sealed under another master key.
type WrongMasterKey struct {
	Have, Want string // IDs as MasterKey.ID returns them; Have may list several
}

func (e *WrongMasterKey) Error() string {
	return fmt.Sprintf("wrong master key: the signing keys in the database were sealed under master key %s, and the one configured is %s; "+
		"nothing was changed; configure the master key that belongs to this database", e.Want, e.Have)
}

// A key is a signing key as the ring uses it.
type key struct {
	store.SigningKey
	goneAt time.Time // zero as long as no later key follows
	*pair            // nil for a key that is gone
}

// A pair is the key pair itself, unsealed and parsed once.
type pair struct {
	public crypto.PublicKey
	signer crypto.Signer
}

func (k *key) retired() bool { return !k.RetiredAt.IsZero() }

// takesOver reports whether the key has signed or will sign. A key that was retired
// before its SignFrom never does.
func (k *key) takesOver() bool { return !k.retired() || k.RetiredAt.After(k.SignFrom) }

func (k *key) gone(now time.Time) bool {
	return k.retired() || !k.goneAt.IsZero() && !now.Before(k.goneAt)
}

// sealedFor binds a sealed private key to its place: its kid and its algorithm.
func sealedFor(kid, algorithm string) []byte {
	return []byte("signing key\x00" + algorithm + "\x00" + kid)
}

// seal makes the record of a private key, under the master key in force. The caller
// fills in the times and the generation.
func (r *Ring) seal(private crypto.Signer, algorithm string) (store.SigningKey, error) {
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("encoding a signing key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("encoding a signing key: %w", err)
	}
	kid, err := thumbprint(private.Public())
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("encoding a signing key: %w", err)
	}
	master, err := r.options.Masters.find(r.current.Load().masterID)
	if err != nil {
		return store.SigningKey{}, err
	}
	sealed, err := master.Seal(secret, sealedFor(kid, algorithm))
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("sealing signing key %s: %w", kid, err)
	}
	return store.SigningKey{ID: kid, Algorithm: algorithm, Public: public, Sealed: sealed, MasterKeyID: master.ID()}, nil
}

// unseal opens a record. It derives the public half from the private one and
// compares it with the kid, so write access to the database is not enough to make
// us trust a key.
func (r *Ring) unseal(k store.SigningKey) (*pair, error) {
	master, err := r.options.Masters.find(k.MasterKeyID)
	if err != nil {
		return nil, err
	}
	secret, err := master.Open(k.Sealed, sealedFor(k.ID, k.Algorithm))
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(secret)
	if err != nil {
		return nil, errors.New("not PKCS #8") // the cause might reveal part of the key
	}
	private, ok := ofAlgorithm(parsed, k.Algorithm)
	if !ok {
		return nil, fmt.Errorf("a %T for %q", parsed, k.Algorithm)
	}
	if kid, err := thumbprint(private.Public()); err != nil || kid != k.ID {
		return nil, fmt.Errorf("it is key %s", kid)
	}
	signer, err := r.options.Signer(k.ID, private)
	if err != nil {
		return nil, err
	}
	if !samePublic(private.Public(), signer.Public()) {
		return nil, errors.New("its signer has another public key")
	}
	return &pair{public: private.Public(), signer: signer}, nil
}

func generateKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }
