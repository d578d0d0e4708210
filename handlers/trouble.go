package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"time"

	"gatehouse/internal/password"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// ErrBusy says that more requests arrived at once than the server processes. It becomes
// a 503 before anything is begun, so that the caller can repeat the same request.
var ErrBusy = errors.New("too many requests at once")

// Trouble returns the status of an error that passes with time, 503 (RFC 9110
// §15.6.4) or 429 (RFC 6585 §4), and after how many seconds to try again, and sets
// Retry-After in h. For any other error it returns zeros. The writers of refusals call it
// before anything else: if a back end is unreachable, the caller's token and rights are
// not known to be bad, and refusing them would log people out.
func Trouble(h http.Header, err error) (status, seconds int) {
	if status, seconds = trouble(err); status != 0 {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	return status, seconds
}

func trouble(err error) (status, seconds int) {
	if unavailable(err) {
		return http.StatusServiceUnavailable, comeBack()
	}
	if busy, ok := errors.AsType[*password.Busy](err); ok {
		return http.StatusServiceUnavailable, wholeSeconds(busy.RetryAfter)
	}
	if limited, ok := errors.AsType[*throttle.Limited](err); ok {
		return http.StatusTooManyRequests, wholeSeconds(limited.RetryAfter)
	}
	return 0, 0
}

func unavailable(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, ErrBusy) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// wholeSeconds rounds up, so that a caller who waits that long is not refused again.
func wholeSeconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}

// comeBack returns how many seconds a caller is to wait when a back end is unreachable
// or the server is busy: 1 to 5 at random, so that callers turned away together do not
// come back together.
func comeBack() int {
	var b [1]byte
	_, _ = rand.Read(b[:]) // never fails, as documented
	return 1 + int(b[0]%5)
}
