package argon2

import (
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/blake2b"
)

// An input is everything that a tag depends on (RFC 9106 §3.1). Its secret and data are
// empty but in the RFC's own test vector.
type input struct {
	password, salt, secret, data       []byte
	passes, memoryKiB, lanes, keyBytes uint32
}

// argon2id is its type, y.
const argon2id = 2

// digest returns H₀ (§3.2).
func (in input) digest() (h0 [blake2b.Size]byte) {
	b := make([]byte, 0, 256)
	for _, n := range []uint32{in.lanes, in.keyBytes, in.memoryKiB, in.passes, Version, argon2id} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	h := newHash(blake2b.Size)
	h.Write(b)
	for _, text := range [][]byte{in.password, in.salt, in.secret, in.data} {
		h.Write(binary.LittleEndian.AppendUint32(b[:0], uint32(len(text)))) //nolint:gosec // G115: passwords and salts are short
		h.Write(text)
	}
	h.Sum(h0[:0])
	return h0
}

// stretch fills out with the variable-length hash H′ of in (§3.3).
func stretch(out, in []byte) {
	const half = blake2b.Size / 2
	prefixed := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(in)), uint32(len(out))) //nolint:gosec // G115: a block or a key
	v := blake2b.Sum512(append(prefixed, in...))
	if len(out) <= blake2b.Size {
		h := newHash(len(out))
		h.Write(append(prefixed, in...))
		h.Sum(out[:0])
		return
	}
	for ; len(out) > blake2b.Size; out = out[half:] {
		copy(out, v[:half])
		if len(out)-half > blake2b.Size {
			v = blake2b.Sum512(v[:])
		}
	}
	h := newHash(len(out))
	h.Write(v[:])
	h.Sum(out[:0])
}

// newHash returns BLAKE2b with digests of size bytes, of which there are 1 to 64.
func newHash(size int) hash.Hash {
	h, err := blake2b.New(size, nil)
	if err != nil {
		panic("argon2: " + err.Error())
	}
	return h
}
