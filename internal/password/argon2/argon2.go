// Package argon2 is argon2id (RFC 9106) in less time and memory than
// golang.org/x/crypto/argon2, with the same results: on processors with AVX-512 or AVX2 its
// compression function is written in assembler, and its memory is used again. On others,
// and with the build tag purego, it calls golang.org/x/crypto/argon2.
package argon2

import "golang.org/x/crypto/argon2"

//go:generate go -C gen run . -out ../block_amd64.s -stubs ../block_amd64.go -pkg argon2

// Version is the version of argon2 (RFC 9106 §3.2).
const Version = argon2.Version

// Kernel returns the name of the instructions that hashes are made with.
func Kernel() string {
	if ks := kernels(); len(ks) > 0 {
		return ks[0].name
	}
	return "golang.org/x/crypto"
}

// OutsideHeap reports whether Memory is outside Go's heap, so that GOMEMLIMIT does not
// count it.
func OutsideHeap() bool { return outside && len(kernels()) > 0 }

// A kernel is an implementation of the compression function.
type kernel struct {
	name string
	// compress sets out to G(prev, ref) (RFC 9106 §3.5), or to out XOR G(prev, ref) if
	// xor. The pointers may be equal.
	compress func(out, prev, ref *block, xor bool)
}

// A Memory is what hashes are computed in, one after the other. The zero value has none
// yet.
type Memory struct {
	pages     []block
	addresses addresses
}

// IDKey returns argon2id's tag of keyBytes bytes, with iterations passes over memoryKiB
// KiB in threads lanes. It is argon2.IDKey, except that one core computes all lanes: a
// hash made elsewhere does not decide how many cores it takes.
func (m *Memory) IDKey(password, salt []byte, iterations, memoryKiB uint32, threads uint8, keyBytes uint32) []byte {
	ks := kernels()
	if len(ks) == 0 {
		return argon2.IDKey(password, salt, iterations, memoryKiB, threads, keyBytes)
	}
	return m.key(ks[0], input{password: password, salt: salt, passes: iterations, memoryKiB: memoryKiB, lanes: uint32(threads), keyBytes: keyBytes})
}

// key computes a tag in m, which it enlarges if need be.
func (m *Memory) key(k kernel, in input) []byte {
	if in.passes < 1 || in.lanes < 1 {
		panic("argon2: no pass or no lane")
	}
	f := in.filling(k)
	if n := int(f.lanes * f.lane); len(m.pages) < n {
		m.Free()
		m.pages = allocate(n)
	}
	f.blocks, f.addresses = m.pages[:f.lanes*f.lane], &m.addresses
	f.start(in.digest())
	f.run()
	return f.tag(in.keyBytes)
}

// KiB returns how much memory m holds.
func (m *Memory) KiB() uint32 { return uint32(len(m.pages)) } //nolint:gosec // G115: no hash has more

// Free gives the memory back to the operating system.
func (m *Memory) Free() {
	release(m.pages)
	m.pages = nil
}
