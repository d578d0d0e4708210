package testkit

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"testing"
)

// FreeAddress is an address of this machine, as host:port, where nobody listens. Its
// port is below those that systems give to connections, so that none of them takes it
// before the server that it is meant for.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		n, _ := rand.Int(rand.Reader, big.NewInt(8000)) // it never fails
		address := fmt.Sprint("127.0.0.1:", 12000+n.Int64())
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}
