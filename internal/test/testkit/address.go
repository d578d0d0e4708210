package testkit

import (
	"crypto/rand"
	"errors"
	"math/big"
	"net"
	"strconv"
	"testing"
)

// FreePort returns a port of 127.0.0.1 on which nothing listens. It is below the range
// that the system uses for outgoing connections, so none of them takes it before the
// server that it is meant for.
func FreePort() (string, error) {
	for range 100 {
		n, _ := rand.Int(rand.Reader, big.NewInt(8000)) // rand.Reader never fails
		port := strconv.FormatInt(12000+n.Int64(), 10)
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			return port, l.Close()
		}
	}
	return "", errors.New("no port is free")
}

// FreeAddress returns an address with a FreePort, as host:port.
func FreeAddress(t testing.TB) string {
	t.Helper()
	port, err := FreePort()
	if err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	return "127.0.0.1:" + port
}
