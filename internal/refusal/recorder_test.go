package refusal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// shelf stands in for the store.
type shelf struct {
	mu    sync.Mutex
	kept  []store.Refusal
	again map[string]int64
	away  bool
}

func (s *shelf) KeepRefusals(_ context.Context, kept []store.Refusal, again []store.RefusalAgain) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return store.ErrUnavailable
	}
	s.kept = append(s.kept, kept...)
	for _, a := range again {
		s.again[a.ID] += a.Times
	}
	return nil
}

// recording calls f with a recorder that runs, and returns what was kept and dropped.
func recording(t *testing.T, s *shelf, f func(r *Recorder)) (dropped int) {
	t.Helper()
	s.again = map[string]int64{}
	r := &Recorder{
		Store: s, Page: "https://issuer.example/e/", Every: DefaultEvery, Now: time.Now, Log: slog.New(slog.DiscardHandler), Dropped: func(n int) { dropped += n },
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	f(r)
	stop()
	<-done
	return dropped
}

func from(network int, client string) *reqctx.Info {
	return &reqctx.Info{ID: "R", Route: "/oauth/token", Client: client, IP: netip.AddrFrom4([4]byte{10, byte(network >> 8), byte(network), 1})}
}

func refused(kind Kind) error { return With(errors.New("refused"), Fact{Kind: kind}) }

func TestOfManyAlikeAFewAreKeptAndAllAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		var addresses []string
		recording(t, s, func(r *Recorder) {
			for range 100 {
				addresses = append(addresses, r.Explain(from(1, "shop"), "invalid_grant", refused(CodeUsed), nil))
			}
			r.Explain(from(1, "other"), "invalid_grant", refused(CodeUsed), nil)
			r.Explain(from(2, "shop"), "invalid_grant", refused(CodeUsed), nil)
			time.Sleep(2 * time.Hour)
			r.Explain(from(1, "shop"), "invalid_grant", refused(CodeUsed), nil)
		})
		if len(s.kept) != perBucket+3 {
			t.Errorf("%d are kept, want %d of the first app, and one of the other app, network and hour each", len(s.kept), perBucket)
		}
		last := s.kept[perBucket-1].ID
		if s.again[last] != 100-perBucket || len(s.again) != 1 {
			t.Errorf("counted: %v, want %d with the last that was kept", s.again, 100-perBucket)
		}
		if addresses[0] == addresses[1] || addresses[99] != "https://issuer.example/e/"+last {
			t.Errorf("addresses %q and %q, want one of its own, and that of the last that was kept", addresses[1], addresses[99])
		}
	})
}

func TestWhatIsToldAlikeSharesItsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		recording(t, s, func(r *Recorder) {
			for range perBucket {
				r.Explain(from(1, "shop"), "invalid_grant", refused(SessionEnded), nil)
			}
			r.Explain(from(1, "shop"), "invalid_grant", refused(PersonInactive), nil)
		})
		if len(s.kept) != perBucket {
			t.Errorf("%d are kept, want %d: a new address would tell what the page does not", len(s.kept), perBucket)
		}
	})
}

func TestThereIsAnEndToWhatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		told := 0
		dropped := recording(t, s, func(r *Recorder) {
			for i := range 3 * perHour {
				if i%(queued/2) == 0 {
					time.Sleep(2 * time.Second)
				}
				if r.Explain(from(i, "shop"), "invalid_grant", refused(CodeUsed), nil) != "" {
					told++
				}
			}
		})
		if len(s.kept) != perHour || told != perHour || dropped != 2*perHour {
			t.Errorf("%d kept, %d told, %d dropped; want %d, %d and %d", len(s.kept), told, dropped, perHour, perHour, 2*perHour)
		}
	})
}

func TestRefusalsAreDroppedWhileTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{away: true}
		dropped := recording(t, s, func(r *Recorder) {
			for i := range queued + 7 {
				r.Explain(from(i, "shop"), "invalid_grant", refused(CodeUsed), nil)
			}
		})
		if dropped != queued+7 {
			t.Errorf("%d are counted as dropped, want %d", dropped, queued+7)
		}
	})
}

func TestOnlyWhatCannotBeSecretIsKeptOfParameters(t *testing.T) {
	const secret = "s3cret-ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789"
	sent := url.Values{"username": {"ann"}, "password": {secret}, "otp": {"123456"}, "login_hint": {"ann"}, "unknown": {secret}}
	if got := Sent(sent, "shop"); len(got) != 0 {
		t.Errorf("kept %v of what a person typed, want nothing", got)
	}
	for name := range words {
		if got := Sent(url.Values{name: {secret}}, "shop")[name]; strings.Contains(got, "s3cret") {
			t.Errorf("%s is kept as %q, want only its length", name, got)
		}
	}
	for _, name := range append(present, "client_id", "scope", "redirect_uri", "resource") {
		if got := Sent(url.Values{name: {secret}}, "shop")[name]; got == "" || strings.Contains(got, "s3cret") {
			t.Errorf("%s is kept as %q, want that it was there", name, got)
		}
	}
}

func TestAnAddressIsShownWithoutWhatMayBeSecret(t *testing.T) {
	const known = "https://shop.example/app/back"
	for raw, want := range map[string]string{
		known:                               known,
		known + "/":                         known + "/",
		"http://shop.example/app/back":      "http://shop.example/app/back",
		"https://shop.example:444/app/back": "https://shop.example:444/app/back",
		"https://shop.example/app/back?x=0123456789":       "https://shop.example/…?…",
		"https://ann:pw@other.example/secret-path":         "https://other.example/…",
		"https://other.example/":                           "https://other.example/",
		"https://other.example#0123456789":                 "https://other.example#…",
		"no address at all":                                "not an address (17 characters)",
		"https://" + strings.Repeat("a", 60) + ".example/": fmt.Sprintf("not an address (%d characters)", 77),
	} {
		if got := Address(raw, known); got != want {
			t.Errorf("Address(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestTheDifferenceIsMarked(t *testing.T) {
	for _, c := range []struct{ given, expected, g, e string }{
		{"https://a/cb/", "https://a/cb", "/", ""},
		{"http://a.example/cb", "https://a.example/cb", "", "s"},
		{"https://a/grün", "https://a/grün2", "", "2"},
		{"https://a/grün/x", "https://a/grän/x", "ü", "ä"},
		{"token", "code", "", ""},
	} {
		g, e := Compare(c.given, c.expected)
		if g.Marked != c.g || e.Marked != c.e {
			t.Errorf("Compare(%q, %q) marks %q and %q, want %q and %q", c.given, c.expected, g.Marked, e.Marked, c.g, c.e)
		}
		if g.Before+g.Marked+g.After != c.given || e.Before+e.Marked+e.After != c.expected {
			t.Errorf("Compare(%q, %q) = %+v, %+v, want all of both texts", c.given, c.expected, g, e)
		}
	}
}

func TestEveryKindSaysWhatMendsIt(t *testing.T) {
	if n := len(Kinds()); n < 20 {
		t.Fatalf("%d kinds, want at least twenty", n)
	}
	for _, kind := range append(Kinds(), "other.invalid_request") {
		about := Of(kind)
		if about.Title == "" || about.Section == "" || !strings.HasSuffix(about.Mend, ".") {
			t.Errorf("%s: %+v, want a title, a rule and a sentence with the mend", kind, about)
		}
		if told := Public(kind); told.As != "" {
			t.Errorf("%s is told as %+v, which is itself told as another; want one step", kind, told)
		}
	}
}
