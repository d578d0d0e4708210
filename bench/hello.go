package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// helloCommand makes this program a server that only answers: its cost is the floor
// for any server that uses net/http.
const helloCommand = "serve-hello"

func serveHello(address string) int {
	server := http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(hello)}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	return 1
}

func hello(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "hello\n")
}

// measureHello measures that server like Gatehouse.
func (r *rig) measureHello(ctx context.Context) (measurement, error) {
	self, err := os.Executable()
	if err != nil {
		return measurement{}, fmt.Errorf("starting the hello server: %w", err)
	}
	address, err := freeAddress()
	if err != nil {
		return measurement{}, err
	}
	p, err := startProcess(ctx, r.dir, "hello", nil, self, helloCommand, address)
	if err != nil {
		return measurement{}, err
	}
	defer p.stop()
	if err := p.until(ctx, time.Millisecond, 10*time.Second, func() error { return dial(address) }); err != nil {
		return measurement{}, err
	}
	floor := scenario{name: "hello", next: func() request {
		return request{method: http.MethodGet, path: "/", want: http.StatusOK}
	}}
	return r.measureScenario(ctx, target{server: p, base: "http://" + address}, floor)
}

// freeAddress returns a free address of this machine.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// dial returns an error unless a server listens on the address.
func dial(address string) error {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}
