package outbound_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/outbound"
)

// Each of these is refused when the connection is made, however the address is written.
func TestNothingInsideIsReached(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := outbound.Client(outbound.Options{})
	for _, url := range []string{
		server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1),
		"http://127.0.0.1/", "http://127.8.9.10/", "http://[::1]/", "http://0.0.0.0/", "http://[::]/",
		"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://169.254.169.254/latest/meta-data/",
		"http://[fe80::1]/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::7f00:1]/",
		"http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "http://224.0.0.1/", "http://[ff02::1]/", "http://255.255.255.255/", "http://198.18.0.1/",
	} {
		if _, err := outbound.Get(t.Context(), client, url); !errors.Is(err, outbound.ErrForbidden) {
			t.Errorf("%s: err = %v, want ErrForbidden", url, err)
		}
	}
}

func TestGet(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	mux.Handle("/moved", http.RedirectHandler("/keys", http.StatusFound))
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20+1)) })
	server := httptest.NewServer(mux)
	defer server.Close()
	client := outbound.Client(outbound.Options{Private: true})
	if body, err := outbound.Get(t.Context(), client, server.URL+"/keys"); err != nil || string(body) != "{}" {
		t.Errorf(`body %q, %v; want "{}"`, body, err)
	}
	for _, path := range []string{"/moved", "/large", "/missing"} {
		if _, err := outbound.Get(t.Context(), client, server.URL+path); err == nil {
			t.Errorf("%s was read, want an error", path)
		}
	}
}
