package faults_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// A documentHost serves the documents of apps by URL, or fails to in its own way.
type documentHost struct {
	*httptest.Server
	way   string
	asked atomic.Int64
	leave chan struct{}
}

// startDocumentHost starts a host on this machine. It returns the file of its certificate
// too, which all of them share.
func startDocumentHost(t *testing.T, way string) (h *documentHost, certificate string) {
	t.Helper()
	h = &documentHost{way: way, leave: make(chan struct{})}
	h.Server = httptest.NewTLSServer(h)
	t.Cleanup(h.Close)
	t.Cleanup(func() { close(h.leave) }) // registered last, so it runs first
	certificate = filepath.Join(t.TempDir(), "host.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw})
	if err := os.WriteFile(certificate, text, 0o600); err != nil {
		t.Fatalf("writing the certificate: %v", err)
	}
	return h, certificate
}

func (h *documentHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.asked.Add(1)
	switch h.way {
	case "hang":
		select {
		case <-h.leave:
		case <-r.Context().Done():
		}
	case "drip":
		h.drip(w, r)
	case "redirect":
		http.Redirect(w, r, h.URL+"/elsewhere", http.StatusFound)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"client_id":%q,"client_name":"By URL","redirect_uris":["http://127.0.0.1/cb"]}`, h.URL+r.URL.Path)
	}
}

// drip sends a byte a second.
func (h *documentHost) drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for {
		_, err := w.Write([]byte(" "))
		w.(http.Flusher).Flush()
		select {
		case <-h.leave:
			return
		case <-r.Context().Done():
			return
		case <-time.After(time.Second):
			if err != nil {
				return
			}
		}
	}
}

// TestDocumentHosts: the hosts of documents fail in every way while strangers ask for the
// apps there, and nobody else notices.
func TestDocumentHosts(t *testing.T) {
	h, certificate := startDocumentHost(t, "serve")
	hangs, _ := startDocumentHost(t, "hang")
	drips, _ := startDocumentHost(t, "drip")
	redirects, _ := startDocumentHost(t, "redirect")
	hosts := []string{"10.255.255.1", "169.254.169.254"}
	for _, h := range []*documentHost{h, hangs, drips, redirects} {
		hosts = append(hosts, strings.TrimPrefix(h.URL, "https://"))
	}
	s := newSite(t, "SSL_CERT_FILE="+certificate, "GATEHOUSE_CLIENT_DOCUMENTS=listed", "GATEHOUSE_CLIENT_DOCUMENT_HOSTS="+strings.Join(hosts, ","))
	s.onMySQL(3)
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	s.known(t, h.URL+"/kept")
	for _, f := range []struct {
		host     *documentHost // nil: nobody may be asked
		name, at string
	}{
		{hangs, "the host of apps by URL hangs", hangs.URL},
		{drips, "the host of apps by URL answers a byte a second", drips.URL},
		{redirects, "the host of apps by URL redirects", redirects.URL},
		{nil, "the host of apps by URL has a private address", "https://10.255.255.1"},
		{nil, "the host of apps by URL has that of a cloud's metadata", "https://169.254.169.254"},
	} {
		s.suffer(t, fault{id: "F44", name: f.name, during: s.askFor(t, f.host, f.at, longer(4*time.Second, 10*time.Second)), works: stays})
		s.known(t, h.URL+"/kept")
	}
	s.known(t, h.URL+"/new")
	l.finish(t)
}

// known waits until every replica knows an app: it sends the person on to sign in.
func (s *site) known(t *testing.T, id string) {
	t.Helper()
	for i := range s.replicas {
		testkit.Within(t, patience, "an app by URL is known", func() error {
			status, _, err := s.stranger(i, http.MethodGet, authorizing(id), "", nil)
			if err != nil || status != http.StatusSeeOther {
				return errors.Join(err, fmt.Errorf("status = %d, want 303", status))
			}
			return nil
		})
	}
}

// authorizing returns the path of an authorization request.
func authorizing(id string) string {
	return "/oauth/authorize?" + url.Values{
		"client_id": {id}, "redirect_uri": {"http://127.0.0.1:4711/cb"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"},
	}.Encode()
}

// askFor lets 60 strangers ask for ever new apps at an address, each from a network of its own.
func (s *site) askFor(t *testing.T, h *documentHost, at string, long time.Duration) func() {
	return func() {
		end := time.Now().Add(long)
		counts := map[int]int{}
		var mu sync.Mutex
		many(60, func(i int) {
			for n := i; time.Now().Before(end); n += 60 {
				status, header, err := s.stranger(n*250, http.MethodGet, authorizing(fmt.Sprintf("%s/%d", at, n)), "", nil)
				mu.Lock()
				counts[status]++
				mu.Unlock()
				switch {
				case err != nil:
					s.errorf("asking for an app by URL: %v", err)
				case !slices.Contains([]int{400, 429, 503}, status), status != 400 && header.Get("Retry-After") == "":
					s.errorf("asking for an app by URL: status %d with Retry-After %q, want 400, or 429 or 503 with one", status, header.Get("Retry-After"))
				}
			}
		})
		t.Logf("the strangers were answered %v", counts)
		if h == nil {
			return
		}
		if asked, most := h.asked.Load(), int64(6+long/(12*time.Second)); asked == 0 || asked > most {
			s.errorf("the host was asked %d times within %s, want once at least, and at most %d times", asked, long, most)
		}
	}
}
