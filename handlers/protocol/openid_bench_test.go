package protocol_test

import (
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"
)

// BenchmarkAuthorize measures a request of a user who is signed in and has consented.
func BenchmarkAuthorize(b *testing.B) {
	s := openWeb(b)
	path := "/oauth/authorize?" + asking("own").Encode()
	b.ReportAllocs()
	for b.Loop() {
		if a := s.get(b, path); a.status != http.StatusSeeOther {
			b.Fatalf("status = %d %s, want 303", a.status, a.body)
		}
	}
}

// BenchmarkCodeExchange also reports the CPU time of an exchange: its signatures are
// computed in parallel, so the elapsed time is less than the cost.
func BenchmarkCodeExchange(b *testing.B) {
	s := openWeb(b)
	codes := make([]*http.Request, 300)
	for i := range codes {
		codes[i] = exchanging("own", s.code(b, asking("own")))
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	n := min(b.N, len(codes))
	for i := range n {
		serve(b, s, codes[i])
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(n), "cpu-µs/op")
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatalf("reading the usage of the CPU: %v", err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkUserinfo(b *testing.B) {
	s := openWeb(b)
	access := granted(b, s.exchange(b, "own", s.code(b, asking("own", "scope", "openid profile email")))).text("access_token")
	r := httptest.NewRequest(http.MethodGet, "/oauth/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+access)
	b.ReportAllocs()
	for b.Loop() {
		serve(b, s, r)
	}
}
