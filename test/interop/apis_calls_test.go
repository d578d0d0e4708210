package interop_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (c call) send(t *testing.T, base string) (status int, challenge string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+c.path, nil)
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("sending the request: %v", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return resp.StatusCode, resp.Header.Get("WWW-Authenticate")
}

// describes checks the document to which the challenges point (RFC 9728 §3.2).
func (p *publisher) describes(t *testing.T, base string) {
	t.Helper()
	resp, err := http.Get(base + metadataPath)
	if err != nil {
		t.Fatalf("asking for the metadata: %v", err)
	}
	defer resp.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatalf("reading the metadata: %s, %v; want 200 and JSON", resp.Status, err)
	}
	want := map[string]any{
		"resource": orders, "authorization_servers": []any{p.issuer},
		"scopes_supported": []any{"orders:read"}, "bearer_methods_supported": []any{"header"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the metadata (-want +got):\n%s", diff)
	}
}
