package argon2

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

// eachKernel runs f with every kernel that the processor has the instructions for, and
// says which it skips.
func eachKernel(t *testing.T, f func(*testing.T, kernel)) {
	t.Helper()
	for _, name := range []string{"AVX-512", "AVX2"} {
		t.Run(name, func(t *testing.T) {
			for _, k := range kernels() {
				if k.name == name {
					f(t, k)
					return
				}
			}
			t.Skip("skipped: this processor or build has no " + name)
		})
	}
}

// reference is argon2id by golang.org/x/crypto.
func reference(in input) []byte {
	return argon2.IDKey(in.password, in.salt, in.passes, in.memoryKiB, uint8(in.lanes), in.keyBytes)
}

func check(t *testing.T, k kernel, m *Memory, in input) {
	t.Helper()
	if got, want := m.key(k, in), reference(in); !bytes.Equal(got, want) {
		t.Errorf("%s of %d and %d bytes, t=%d, m=%d, p=%d: tag %x, want %x", k.name, len(in.password), len(in.salt), in.passes, in.memoryKiB, in.lanes, got, want)
	}
}

// TestTheVectorOfTheRFC: RFC 9106 §5.3.
func TestTheVectorOfTheRFC(t *testing.T) {
	of := func(b string, n int) []byte { return []byte(strings.Repeat(b, n)) }
	in := input{password: of("\x01", 32), salt: of("\x02", 16), secret: of("\x03", 8), data: of("\x04", 12), passes: 3, memoryKiB: 32, lanes: 4, keyBytes: 32}
	const want = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
	eachKernel(t, func(t *testing.T, k kernel) {
		if got := hex.EncodeToString(new(Memory).key(k, in)); got != want {
			t.Errorf("tag %s, want %s", got, want)
		}
	})
}

// TestTheSameAsXCrypto: all of them in one memory, where each hash finds what others have
// left.
func TestTheSameAsXCrypto(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		var m Memory
		defer m.Free()
		for _, passes := range []uint32{1, 2, 3} {
			for _, lanes := range []uint32{1, 2, 3, 4, 16} {
				for _, memoryKiB := range []uint32{0, 7, 8, 64, 513, 1024, 4099} {
					check(t, k, &m, input{password: []byte("correct horse battery"), salt: []byte("0123456789abcdef"), passes: passes, memoryKiB: memoryKiB, lanes: lanes, keyBytes: 32})
				}
			}
		}
	})
}

func TestTagsOfEveryLength(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		var m Memory
		defer m.Free()
		for n := uint32(1); n <= 200; n++ {
			check(t, k, &m, input{password: []byte("password"), salt: []byte("saltsalt"), passes: 1, memoryKiB: 8, lanes: 1, keyBytes: n})
		}
	})
}

func TestRandomInputs(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		var m Memory
		defer m.Free()
		for i := range 100 {
			password, salt := make([]byte, 11*i), make([]byte, 8+i%57)
			rand.Read(password)
			rand.Read(salt)
			check(t, k, &m, input{password: password, salt: salt, passes: 1 + uint32(i)%2, memoryKiB: 8 + 5*uint32(i), lanes: 1, keyBytes: 32})
		}
	})
}

// TestThePublicFunction: the settings' defaults, and Django's.
func TestThePublicFunction(t *testing.T) {
	for _, in := range []input{{passes: 2, memoryKiB: 19456, lanes: 1}, {passes: 2, memoryKiB: 102400, lanes: 8}} {
		in.password, in.salt, in.keyBytes = []byte("correct horse battery"), []byte("0123456789abcdef"), 32
		var m Memory
		got := m.IDKey(in.password, in.salt, in.passes, in.memoryKiB, uint8(in.lanes), in.keyBytes)
		if want := reference(in); !bytes.Equal(got, want) {
			t.Errorf("m=%d: tag %x, want %x", in.memoryKiB, got, want)
		}
		if held := m.KiB(); len(kernels()) > 0 && held != in.memoryKiB {
			t.Errorf("%d KiB are held after a hash of %d, want those", held, in.memoryKiB)
		}
		if m.Free(); m.KiB() != 0 {
			t.Errorf("%d KiB are held after they were given back, want none", m.KiB())
		}
	}
}

func TestAWrongCostIsAFault(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		for _, in := range []input{{passes: 0, lanes: 1}, {passes: 1, lanes: 0}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("t=%d, p=%d made a tag, want a panic as in golang.org/x/crypto", in.passes, in.lanes)
					}
				}()
				new(Memory).key(k, in)
			}()
		}
	})
}

func TestAHashAllocatesNextToNothing(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		var m Memory
		defer m.Free()
		in := input{password: []byte("correct horse battery"), salt: []byte("0123456789abcdef"), passes: 1, memoryKiB: 1024, lanes: 1, keyBytes: 32}
		m.key(k, in)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m.key(k, in)
		runtime.ReadMemStats(&after)
		if made := after.TotalAlloc - before.TotalAlloc; made > 64<<10 {
			t.Errorf("a second hash of 1 MiB allocates %d bytes, want its memory to be used again", made)
		}
	})
}

func FuzzTheSameAsXCrypto(f *testing.F) {
	f.Add([]byte("password"), []byte("saltsalt"), byte(1), uint16(8), byte(1), byte(32))
	f.Add([]byte(""), []byte(""), byte(3), uint16(600), byte(5), byte(65))
	f.Fuzz(func(t *testing.T, password, salt []byte, passes byte, memoryKiB uint16, lanes, keyBytes byte) {
		in := input{
			password: password, salt: salt, passes: 1 + uint32(passes)%4, memoryKiB: uint32(memoryKiB) % 2048,
			lanes: 1 + uint32(lanes)%16, keyBytes: 1 + uint32(keyBytes),
		}
		var m Memory
		defer m.Free()
		for _, k := range kernels() {
			check(t, k, &m, in)
		}
	})
}

// BenchmarkHash makes a hash of the default cost; ns/op is wall-clock time.
func BenchmarkHash(b *testing.B) {
	in := input{password: []byte("correct horse battery"), salt: []byte("0123456789abcdef"), passes: 2, memoryKiB: 19456, lanes: 1, keyBytes: 32}
	for _, k := range kernels() {
		b.Run(k.name, func(b *testing.B) {
			var m Memory
			defer m.Free()
			b.ReportAllocs()
			for b.Loop() {
				m.key(k, in)
			}
		})
	}
	b.Run("golang.org/x/crypto", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			reference(in)
		}
	})
}
