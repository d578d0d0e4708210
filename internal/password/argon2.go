package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"gatehouse/internal/password/argon2"
)

const (
	saltBytes = 16 // RFC 9106 §4
	keyBytes  = 32 // 256 bits, RFC 9106 §4
)

// The bounds of a stored hash. The lower ones are those of RFC 9106 §3.1, except for
// the key's, which is Django's. The budget bounds the memory.
const (
	minArgon2SaltBytes, maxArgon2SaltBytes = 8, 64
	minArgon2KeyBytes, maxArgon2KeyBytes   = 16, 64
	maxArgon2Iterations                    = 16
	maxArgon2Threads                       = 16
)

// A cost is the cost of one argon2id hash.
type cost struct {
	memoryKiB, iterations uint32
	threads               uint8
}

// work is the total number of KiB written.
func (c cost) work() uint64 { return uint64(c.memoryKiB) * uint64(c.iterations) }

// An argon2Hash is an argon2id hash (RFC 9106).
type argon2Hash struct {
	cost      cost
	salt, key []byte
}

func freshArgon2(c cost) argon2Hash {
	a := argon2Hash{cost: c, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	rand.Read(a.salt) // since Go 1.24 it never fails
	return a
}

func (a argon2Hash) of(h *Hasher, password string) (mintable, error) {
	a.key = h.derive(password, a, keyBytes)
	return a, nil
}

// String returns the PHC string format.
func (a argon2Hash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		a.cost.memoryKiB, a.cost.iterations, a.cost.threads,
		base64.RawStdEncoding.EncodeToString(a.salt), base64.RawStdEncoding.EncodeToString(a.key))
}

func parseArgon2(encoded string, maxMemoryKiB uint32) (stored, error) {
	fields := strings.Split(encoded, "$") // "", "argon2id", "v=19", "m=,t=,p=", salt, key
	if len(fields) != 6 || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, errForeign
	}
	var a argon2Hash
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &a.cost.memoryKiB, &a.cost.iterations, &a.cost.threads); err != nil {
		return nil, errForeign
	}
	var saltErr, keyErr error
	a.salt, saltErr = base64.RawStdEncoding.DecodeString(fields[4])
	a.key, keyErr = base64.RawStdEncoding.DecodeString(fields[5])
	if saltErr != nil || keyErr != nil || !a.bounded(maxMemoryKiB) || a.String() != encoded {
		return nil, errForeign // the last condition refuses spellings that the parsers above accept
	}
	return a, nil
}

func (a argon2Hash) bounded(maxMemoryKiB uint32) bool {
	within := func(n, least, most int) bool { return least <= n && n <= most }
	threads := int(a.cost.threads)
	return within(int(a.cost.memoryKiB), 8*threads, int(maxMemoryKiB)) &&
		within(int(a.cost.iterations), 1, maxArgon2Iterations) &&
		within(threads, 1, maxArgon2Threads) &&
		within(len(a.salt), minArgon2SaltBytes, maxArgon2SaltBytes) &&
		within(len(a.key), minArgon2KeyBytes, maxArgon2KeyBytes)
}

func (a argon2Hash) memoryKiB() uint32 { return a.cost.memoryKiB }

func (a argon2Hash) matches(h *Hasher, password string) bool {
	key := h.derive(password, a, uint32(len(a.key))) //nolint:gosec // G115: at most maxArgon2KeyBytes
	return subtle.ConstantTimeCompare(key, a.key) == 1
}

func (h *Hasher) derive(password string, a argon2Hash, bytes uint32) []byte {
	return h.argon2id([]byte(password), a.salt, a.cost.iterations, a.cost.memoryKiB, a.cost.threads, bytes)
}

func (a argon2Hash) outdated(h *Hasher) bool { return h.rounds > 0 || a.weakerThan(h.cost) }

// weakerThan reports whether a has less memory than c or does less work. More memory
// makes up for fewer iterations, as in RFC 9106 §4, but not the reverse. A stronger hash
// stays as it is when the settings are lowered.
func (a argon2Hash) weakerThan(c cost) bool {
	return a.cost.memoryKiB < c.memoryKiB || a.cost.work() < c.work()
}
