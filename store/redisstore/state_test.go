package redisstore

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

func TestARotationIsUnpackedAsItWas(t *testing.T) {
	sum := sha256.Sum256([]byte("key"))
	thumbprint := base64.RawURLEncoding.EncodeToString(sum[:])
	at := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for _, r := range []store.Rotation{
		{},
		{Gen: 1<<32 - 1, JTI: strings.Repeat("J", 255), From: "F", IssuedAt: at, ExpiresAt: at.Add(time.Hour), Role: store.RoleAdmin, KeyID: thumbprint, Network: "2001:db8::/64"},
		{Gen: 1, JTI: rand.Text(), From: strings.Repeat("7", 26), KeyID: thumbprint + "="},
		{Gen: 1, JTI: strings.Repeat("A", 26), From: strings.Repeat("a", 26)},
		{Gen: 1, JTI: strings.Repeat("A", 25) + "\n", From: strings.Repeat("A", 17)},
		{Gen: 1, KeyID: thumbprint[:42] + "_"}, // not what the bytes would be written as
		{Gen: 1, KeyID: strings.Repeat("k", 32), Network: "10.0.0.0/8"},
		{Gen: 1, KeyID: thumbprint[:42] + "\n", Network: "2001:DB8::/64"},
		{Gen: 1, Network: "::ffff:192.0.2.0/120"},
	} {
		packed, err := pack(r)
		if err != nil {
			t.Fatalf("packing %+v: %v", r, err)
		}
		if got, err := unpack(string(packed)); err != nil || got != r {
			t.Errorf("unpacked as %+v, %v; want %+v", got, err, r)
		}
		for end := range packed {
			if _, err := unpack(string(packed[:end])); !errors.Is(err, errReply) {
				t.Fatalf("unpacking %d bytes of %d: %v, want %v", end, len(packed), err, errReply)
			}
		}
		if _, err := unpack(string(packed) + "x"); !errors.Is(err, errReply) {
			t.Errorf("unpacking a byte too much: %v, want %v", err, errReply)
		}
	}
	for _, r := range []store.Rotation{{Gen: -1}, {Gen: 1 << 32}, {JTI: strings.Repeat("J", 256)}, {IssuedAt: at.AddDate(90, 0, 0)}} {
		if _, err := pack(r); !errors.Is(err, errTooBig) {
			t.Errorf("packing %+v: %v, want %v", r, err, errTooBig)
		}
	}
}
