package cursor

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

type place struct {
	Text string
	ID   int64
}

func TestAMarkComesBackAsItWas(t *testing.T) {
	s := Sealer{Keys: Fixed([32]byte{1})}
	want := place{"ünï\x00code", 1 << 62}
	mark, err := s.Seal("users", want)
	if err != nil {
		t.Fatalf("sealing the text: %v", err)
	}
	var got place
	if err := s.Open("users", mark, &got); err != nil || got != want {
		t.Errorf("Open = %+v, %v; want %+v", got, err, want)
	}
}

func TestForgedMarksAreRefused(t *testing.T) {
	s := Sealer{Keys: Fixed([32]byte{1})}
	mark, err := s.Seal("users", place{"a", 7})
	if err != nil {
		t.Fatalf("sealing the text: %v", err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(mark)
	plain := base64.RawURLEncoding.EncodeToString([]byte(`{"Text":"a","ID":7}`))
	for name, c := range map[string]struct{ bind, mark string }{
		"another list": {"clients", mark},
		"empty":        {"users", ""},
		"no MAC":       {"users", plain},
		"cut":          {"users", mark[:len(mark)-2]},
		"lengthened":   {"users", mark + "AA"},
		"padded":       {"users", mark + "="},
		"not base64":   {"users", "' OR 1=1 --"},
	} {
		if err := s.Open(c.bind, c.mark, &place{}); !errors.Is(err, ErrForged) {
			t.Errorf("%s: err = %v, want ErrForged", name, err)
		}
	}
	for i := range raw {
		raw[i] ^= 1
		if err := s.Open("users", base64.RawURLEncoding.EncodeToString(raw), &place{}); !errors.Is(err, ErrForged) {
			t.Errorf("byte %d edited: %v", i, err)
		}
		raw[i] ^= 1
	}
	if err := (Sealer{Keys: Fixed([32]byte{2})}).Open("users", mark, &place{}); !errors.Is(err, ErrForged) {
		t.Errorf("another key: %v", err)
	}
	if strings.ContainsAny(mark, "+/=") {
		t.Errorf("%q does not fit into a URL, want base64url without padding", mark)
	}
}
