package handlers

import (
	"crypto/rand"
	"errors"
	"time"
)

// ErrBusy: there are more requests at once than the server works on. It is told as
// 503 before anything is begun, so that the caller can come again with the same.
var ErrBusy = errors.New("too many requests at once")

// ComeBack is how long a caller is asked to wait when a part is away or everything is
// busy: 1 to 5 whole seconds, by chance, so that those who were turned away together
// do not come back together.
func ComeBack() time.Duration {
	var b [1]byte
	_, _ = rand.Read(b[:]) // never fails, as documented
	return time.Duration(1+b[0]%5) * time.Second
}
