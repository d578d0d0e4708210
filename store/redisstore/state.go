package redisstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"gatehouse/store"
)

var (
	errReply  = errors.New("a script's reply has an unexpected shape")
	errTooBig = errors.New("a rotation does not fit into a session's state")
)

// pack returns a rotation in the form in which a session's state keeps it: three numbers of
// four bytes, big-endian, and five texts, each after a byte with its length. The names of
// the fields of a hash would take more room than these.
func pack(r store.Rotation) ([]byte, error) {
	packed := make([]byte, 0, 160)
	for _, n := range []int64{r.Gen, seconds(r.IssuedAt), seconds(r.ExpiresAt)} {
		if n < 0 || n > math.MaxUint32 {
			return nil, errTooBig
		}
		packed = binary.BigEndian.AppendUint32(packed, uint32(n))
	}
	for _, text := range []string{shortRandom(r.JTI), shortRandom(r.From), string(r.Role), shortDigest(r.KeyID), shortNetwork(r.Network)} {
		if len(text) > math.MaxUint8 {
			return nil, errTooBig
		}
		packed = append(append(packed, byte(len(text))), text...) //nolint:gosec // G115: it fits, see above
	}
	return packed, nil
}

// unpack is the reverse of pack.
func unpack(packed string) (store.Rotation, error) {
	var numbers [3]int64
	for i := range numbers {
		if len(packed) < 4 {
			return store.Rotation{}, errReply
		}
		numbers[i], packed = int64(binary.BigEndian.Uint32([]byte(packed[:4]))), packed[4:]
	}
	var texts [5]string
	for i := range texts {
		if len(packed) == 0 || len(packed) <= int(packed[0]) {
			return store.Rotation{}, errReply
		}
		end := 1 + int(packed[0])
		texts[i], packed = packed[1:end], packed[end:]
	}
	if packed != "" {
		return store.Rotation{}, errReply
	}
	return store.Rotation{
		Gen: numbers[0], JTI: longRandom(texts[0]), From: longRandom(texts[1]), IssuedAt: instant(numbers[1]), ExpiresAt: instant(numbers[2]),
		Role: store.Role(texts[2]), KeyID: longDigest(texts[3]), Network: longNetwork(texts[4]),
	}, nil
}

// A shortened text begins with one of these bytes, which no other does.
const (
	digested = "\x00" // the bytes of a digest follow
	// The length of a prefix and the bytes of its address follow, without zeros at the end.
	ipv4, ipv6 = "\x04", "\x06"
)

var randoms = base32.StdEncoding.WithPadding(base32.NoPadding)

// A random text (crypto/rand.Text) is 26 letters of five bits, and its shortened form 17
// bytes: the last two letters, right-aligned, and then the others. It so begins with a byte
// of less than four.
const (
	randomLetters = 26
	randomBytes   = 17
	aligned       = "AAAAAA" // the letter of zeros
)

// shortRandom shortens a `jti`.
func shortRandom(jti string) string {
	if len(jti) != randomLetters {
		return jti
	}
	bytes, err := randoms.DecodeString(aligned + jti[randomLetters-2:] + jti[:randomLetters-2])
	if err != nil || len(bytes) != 20 {
		return jti
	}
	return string(bytes[20-randomBytes:])
}

// longRandom is the reverse of shortRandom.
func longRandom(kept string) string {
	if len(kept) != randomBytes || kept[0] >= 4 {
		return kept
	}
	letters := randoms.EncodeToString([]byte("\x00\x00\x00" + kept))[len(aligned):]
	return letters[2:] + letters[:2]
}

var digests = base64.RawURLEncoding.Strict()

// shortDigest shortens a `kid` that is a digest in base64url (RFC 7638).
func shortDigest(kid string) string {
	digest, err := digests.DecodeString(kid)
	if err != nil || len(digest) != sha256.Size || len(kid) != digests.EncodedLen(sha256.Size) {
		return kid
	}
	return digested + string(digest)
}

// longDigest is the reverse of shortDigest.
func longDigest(kept string) string {
	sum, short := strings.CutPrefix(kept, digested)
	if !short {
		return kept
	}
	return digests.EncodeToString([]byte(sum))
}

// shortNetwork shortens a network.
func shortNetwork(network string) string {
	prefix, err := netip.ParsePrefix(network)
	if err != nil || prefix.String() != network {
		return network
	}
	kind, address := ipv6, prefix.Addr().AsSlice()
	if len(address) == 4 {
		kind = ipv4
	}
	return kind + string(append([]byte{byte(prefix.Bits())}, bytes.TrimRight(address, "\x00")...)) //nolint:gosec // G115: at most 128
}

// longNetwork is the reverse of shortNetwork. One that cannot be read is unknown.
func longNetwork(kept string) string {
	address := make([]byte, 16)
	switch {
	case strings.HasPrefix(kept, ipv4):
		address = address[:4]
	case !strings.HasPrefix(kept, ipv6):
		return kept
	}
	if len(kept) < 2 || len(kept) > 2+len(address) {
		return ""
	}
	copy(address, kept[2:])
	from, _ := netip.AddrFromSlice(address)
	return netip.PrefixFrom(from, int(kept[1])).String()
}

// fieldsBefore are the fields in which the release before keeps the last rotation, in
// unpackBefore's order.
var fieldsBefore = []string{"gen", "jti", "prev", "iat", "exp", "role", "kid", "net"}

// unpackBefore reads the rotation of the release before. Its network may be absent.
func unpackBefore(fields []any) (store.Rotation, error) {
	text := make([]string, len(fieldsBefore))
	if len(fields) != len(text) {
		return store.Rotation{}, errReply
	}
	for i, f := range fields {
		s, ok := f.(string)
		if !ok && (f != nil || i != len(text)-1) {
			return store.Rotation{}, errReply
		}
		text[i] = s
	}
	var numbers [3]int64
	for i, from := range []int{0, 3, 4} {
		n, err := strconv.ParseInt(text[from], 10, 64)
		if err != nil {
			return store.Rotation{}, fmt.Errorf("%w: %w", errReply, err)
		}
		numbers[i] = n
	}
	return store.Rotation{
		Gen: numbers[0], JTI: text[1], From: text[2], IssuedAt: instant(numbers[1]), ExpiresAt: instant(numbers[2]),
		Role: store.Role(text[5]), KeyID: text[6], Network: text[7],
	}, nil
}

// seconds and instant convert a time to and from Unix seconds; 0 is the zero time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func instant(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
