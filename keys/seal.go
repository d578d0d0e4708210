package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// sealVersion is the first byte of what Seal returns: AES-256-GCM with a random
// nonce, under the derived key below.
const sealVersion = 1

func (m MasterKey) aead() (cipher.AEAD, error) {
	key := m.Derive("gatehouse seal v1")
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts plain. Open needs the same aad, so bytes that were sealed for one
// place are useless in another.
func (m MasterKey) Seal(plain, aad []byte) ([]byte, error) {
	aead, err := m.aead()
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return aead.Seal([]byte{sealVersion}, nil, plain, aad), nil //nolint:gosec // G407: the AEAD makes its own nonce
}

// Open decrypts what Seal returned.
func (m MasterKey) Open(sealed, aad []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, fmt.Errorf("unsealing: the format is unknown")
	}
	aead, err := m.aead()
	if err != nil {
		return nil, fmt.Errorf("unsealing: %w", err)
	}
	plain, err := aead.Open(nil, nil, sealed[1:], aad)
	if err != nil {
		return nil, fmt.Errorf("unsealing: %w", err)
	}
	return plain, nil
}
