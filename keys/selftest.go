package keys

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"gatehouse/keys/openssl"
)

// selfTest returns an error unless the signer signs, and verifies if it can, as Go does.
// RS256 is deterministic, so a refresh token that is made again must not depend on what
// makes it.
func selfTest(signerOf Signer) error {
	private, err := testKey()
	if err != nil {
		return err
	}
	signer, err := signerOf("self-test", private)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte("self-test"))
	want, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	if err != nil {
		return fmt.Errorf("signing by crypto/rsa: %w", err)
	}
	got, err := signer.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("in the self-test its signature was another than that of crypto/rsa")
	}
	if fast, ok := signer.(openssl.Signer); ok {
		return verifiesAsGo(fast, private)
	}
	return nil
}

// verifiesAsGo returns an error unless a signature by each scheme is accepted, and what differs
// in anything refused.
func verifiesAsGo(fast openssl.Signer, private *rsa.PrivateKey) error {
	digest, other := sha256.Sum256([]byte("self-test")), sha256.Sum256([]byte("another"))
	for name, options := range rsaOptions {
		signature, err := private.Sign(rand.Reader, digest[:], options)
		if err != nil {
			return fmt.Errorf("signing by crypto/rsa: %w", err)
		}
		if err := fast.Verify(digest[:], signature, options); err != nil {
			return fmt.Errorf("in the self-test it refused a signature by %s: %w", name, err)
		}
		changed := bytes.Clone(signature)
		changed[len(changed)-1] ^= 1
		accepted := fast.Verify(other[:], signature, options) == nil || fast.Verify(digest[:], changed, options) == nil
		for another, options := range rsaOptions {
			accepted = accepted || another != name && fast.Verify(digest[:], signature, options) == nil
		}
		if accepted {
			return fmt.Errorf("in the self-test it accepted what is no signature by %s", name)
		}
	}
	return nil
}

// testKey returns the key of the self-test. It is written here, where everybody can read
// it, because nothing else is ever signed with it and making one takes half a second.
func testKey() (*rsa.PrivateKey, error) {
	const (
		hexadecimal = 16
		p           = "EB4AE2BA15B16947EAFD25F689C67D0AF767C9CCDDCD8C6730866CEBCAEF5A9E56A84D3C4D24ECDA85FD759EF645C98DE4C60D34D9A71594069BB85A59DAC8E4" +
			"732D9C4AD887924D93FC2D39CD768B2B21BEB50C54E70E2AD0565AF0E6C4CA9CCCB10204FF2F444E3535BC7335E7A9A2818B4D6A355ACD12BF5F42A073D9A639"
		q = "DC59D2D382FBA12843EA394A2065BE53CADB647E3883A21477ED1A88BDC65BA1882214BC447DE4791CCF913A7EF79BF1D4BD58CCA2AF1A4FE183ED8F0261084A" +
			"8E7C9652DFDCAC2D3459DFEC2EDAB4FEC30D81435988AA93AE423C5E6AC5F523B106D06BE7A4D10457C04C093401EFB596C0ECD50B32614C7AFB2E5AEE33806F"
	)
	k, order, one := &rsa.PrivateKey{}, big.NewInt(1), big.NewInt(1)
	k.E, k.N, k.D = 65537, big.NewInt(1), new(big.Int)
	for _, text := range []string{p, q} {
		prime, _ := new(big.Int).SetString(text, hexadecimal) // Validate sees if it is none
		k.Primes = append(k.Primes, prime)
		k.N.Mul(k.N, prime)
		order.Mul(order, new(big.Int).Sub(prime, one))
	}
	k.D.ModInverse(big.NewInt(int64(k.E)), order)
	k.Precompute()
	return k, k.Validate()
}
