//go:build openssl && linux

package openssl

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rsa"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTheKeyIsErasedWhenItsSignerIsGone searches the memory outside Go's heap for the
// primes, as OpenSSL keeps them, the lowest byte first, and as they are written in DER.
func TestTheKeyIsErasedWhenItsSignerIsGone(t *testing.T) {
	private := newKey(t, 2048)
	func() {
		s := newSigner(t, private, 2)
		same(t, private, s, crypto.SHA256)
		if copies(t, private) == 0 {
			t.Error("the key is nowhere in the C heap while it signs, want it found there: the search is of no use")
		}
		runtime.KeepAlive(s)
	}()
	deadline := time.Now().Add(20 * time.Second) // the collector needs two rounds
	for copies(t, private) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the key is still in the C heap, want it erased")
		}
		runtime.GC()
	}
}

// copies counts how often a prime is in memory that C allocated.
func copies(t *testing.T, private *rsa.PrivateKey) (n int) {
	t.Helper()
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatalf("opening the memory: %v", err)
	}
	defer memory.Close()
	for _, r := range regions(t) {
		content := make([]byte, r[1]-r[0])
		if _, err := memory.ReadAt(content, r[0]); err != nil {
			continue // it was unmapped meanwhile
		}
		for _, prime := range private.Primes {
			lowestFirst := prime.Bytes()
			slices.Reverse(lowestFirst)
			n += bytes.Count(content, lowestFirst) + bytes.Count(content, prime.Bytes())
		}
	}
	return n
}

// regions returns where C allocates: [heap], and what has no name and is neither Go's
// heap nor too large for a key (the race detector maps terabytes).
func regions(t *testing.T) (found [][2]int64) {
	t.Helper()
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatalf("opening the list of mappings: %v", err)
	}
	defer maps.Close()
	const goHeap, most = 0xc0 << 32, 128 << 20
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		fields := strings.Fields(lines.Text())
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &from, &to); err != nil || !strings.HasPrefix(fields[1], "rw") {
			continue
		}
		named := len(fields) > 5 && fields[5] != "[heap]"
		if !named && from>>32 != goHeap>>32 && to-from <= most {
			found = append(found, [2]int64{from, to})
		}
	}
	return found
}
