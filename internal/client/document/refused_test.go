package document_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/client/document"
	"gatehouse/internal/outbound"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// refused fails unless the document at the URL is refused with the fault, for a reason that names it,
// and nothing of it is kept.
func (w *world) refused(t *testing.T, what, id string, want document.Fault) {
	t.Helper()
	_, err := w.Find(from(t, "192.0.2.7"), id)
	refused, ok := errors.AsType[*document.Refused](err)
	if !ok || refused.Fault != want || len(refused.Error()) < 40 {
		t.Errorf("%s: err = %v, want the fault %q and a reason", what, err, want)
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%s: the reason %v has a secret, want it left out", what, err)
	}
	if _, err := w.db.ClientDocument(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: the document is kept, want nothing (%v)", what, err)
	}
	if n := w.rows(t); n != 0 {
		t.Errorf("%s: %d clients are kept, want none", what, n)
	}
	w.advance(time.Minute) // past the throttle of failures
}

func TestAddressesThatAreNotFetched(t *testing.T) {
	w := open(t)
	base := w.URL
	for id, want := range map[string]document.Fault{
		strings.Replace(base, "https", "http", 1) + "/a": document.NotHTTPS,
		base:                                    document.NoPath,
		base + "?a=b":                           document.NoPath,
		base + "/a/./b":                         document.DotSegment,
		base + "/a/../b":                        document.DotSegment,
		base + "/a/%2e%2e/b":                    document.DotSegment,
		base + "/a%2F..%2Fb":                    document.DotSegment,
		base + "/..":                            document.DotSegment,
		base + "/a#b":                           document.Fragment,
		base + "/a#":                            document.Fragment,
		"https://ann@" + base[8:] + "/a":        document.UserInfo,
		"https://ann:s3cret@" + base[8:] + "/a": document.UserInfo,
		"https://@" + base[8:] + "/a":           document.UserInfo,
		"https:///a":                            document.NotAURL,
		"https://a.example:/a":                  document.NotAURL,
		"https://a.example\\@b.example/a":       document.NotAURL,
		"https://a.example/b c":                 document.NotAURL,
		"https://a%2Eexample/a":                 document.NotAURL,
		"https://[fe80::1%25eth0]/a":            document.NotAURL,
		"https://id.example/app.json":           document.Ours,
		"https://ID.example:443/app.json":       document.Ours,
		"https://api.example/ours":              document.Ours,
		"https://API.example/ours":              document.Ours,
	} {
		w.refused(t, id, id, want)
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("the host was asked %d times, want never", n)
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	w := open(t)
	at := func(path string) string { return w.id(path) }
	own := func(path, members string) http.HandlerFunc {
		return document200(fmt.Sprintf(`{"client_id":%q,%s}`, at(path), members), "")
	}
	padded := func(path string, n int) http.HandlerFunc {
		text := fmt.Sprintf(`{"client_id":%q,%s,"x":""}`, at(path), plain)
		return document200(strings.Replace(text, `"x":""`, `"x":"`+strings.Repeat("x", n-len(text))+`"`, 1), "")
	}
	for path, c := range map[string]struct {
		serve http.HandlerFunc
		want  document.Fault
	}{
		"/other":         {document200(`{"client_id":"https://evil.example/other",`+plain+`}`, ""), document.OtherID},
		"/slash":         {document200(fmt.Sprintf(`{"client_id":%q,%s}`, at("/slash/"), plain), ""), document.OtherID},
		"/case":          {document200(fmt.Sprintf(`{"client_id":%q,%s}`, strings.Replace(at("/case"), "https", "HTTPS", 1), plain), ""), document.OtherID},
		"/anonymous":     {document200(`{`+plain+`}`, ""), document.OtherID},
		"/upper":         {document200(fmt.Sprintf(`{"CLIENT_ID":%q,%s}`, at("/upper"), plain), ""), document.OtherID},
		"/number":        {document200(`{"client_id":1,`+plain+`}`, ""), document.OtherID},
		"/twice":         {document200(fmt.Sprintf(`{"client_id":"x","client_id":%q,%s}`, at("/twice"), plain), ""), document.NotAnObject},
		"/array":         {document200(`[]`, ""), document.NotAnObject},
		"/garbled":       {document200("{\xff}", ""), document.NotAnObject},
		"/trailing":      {document200(fmt.Sprintf(`{"client_id":%q,%s} {}`, at("/trailing"), plain), ""), document.NotAnObject},
		"/redirect":      {http.RedirectHandler("/good", http.StatusFound).ServeHTTP, document.Redirected},
		"/moved":         {http.RedirectHandler("/good", http.StatusPermanentRedirect).ServeHTTP, document.Redirected},
		"/missing":       {nil, document.NotOK},
		"/accepted":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }, document.NotOK},
		"/5121":          {padded("/5121", 5121), document.TooLong},
		"/endless":       {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, endless{}) }, document.TooLong},
		"/html":          {as("text/html; charset=utf-8", own("/html", plain)), document.NotJSON},
		"/untyped":       {as("", own("/untyped", plain)), document.NotJSON},
		"/secret":        {own("/secret", plain+`,"client_secret":"s3cret"`), document.Secret},
		"/expiry":        {own("/expiry", plain+`,"client_secret_expires_at":0`), document.Secret},
		"/basic":         {own("/basic", plain+`,"token_endpoint_auth_method":"client_secret_basic"`), document.NoMethod},
		"/hmac":          {own("/hmac", plain+`,"token_endpoint_auth_methods_supported":["client_secret_jwt","client_secret_post"]`), document.NoMethod},
		"/keyless":       {own("/keyless", plain+`,"token_endpoint_auth_method":"private_key_jwt"`), document.NoMethod},
		"/password":      {own("/password", `"client_name":"T","redirect_uris":["https://t.example/"],"grant_types":["password","client_credentials"]`), document.NoGrant},
		"/nameless":      {own("/nameless", `"redirect_uris":["https://t.example/"]`), document.Member("client_name")},
		"/spoof":         {own("/spoof", `"client_name":"Bank\u202e","redirect_uris":["https://t.example/"]`), document.Member("client_name")},
		"/nowhere":       {own("/nowhere", `"client_name":"T"`), document.Member("redirect_uris")},
		"/script":        {own("/script", `"client_name":"T","redirect_uris":["javascript:alert(1)"]`), document.Member("redirect_uris")},
		"/text":          {own("/text", `"client_name":"T","redirect_uris":"https://t.example/"`), document.Member("redirect_uris")},
		"/insecure-keys": {own("/insecure-keys", plain+`,"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"http://t.example/keys"`), document.Member("jwks_uri")},
		"/private-keys":  {own("/private-keys", plain+`,"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"oct","k":"AA"}]}`), document.Member("jwks")},
	} {
		if c.serve != nil {
			w.on(path, c.serve)
		}
		w.refused(t, path, at(path), c.want)
	}
	w.on("/5120", padded("/5120", 5120))
	w.mustFind(t, at("/5120"))
}

// as serves with another content type.
func as(kind string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { serve(typed{w, kind}, r) }
}

type typed struct {
	http.ResponseWriter
	kind string
}

func (t typed) Write(b []byte) (int, error) {
	if t.Header()["Content-Type"] = []string{t.kind}; t.kind == "" {
		t.Header()["Content-Type"] = nil
	}
	return t.ResponseWriter.Write(b)
}

// endless is a body that does not end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, "{          "), nil }

// A host that answers drop by drop has the time of one fetch.
func TestASlowDripEnds(t *testing.T) {
	w := open(t)
	w.Patience = 50 * time.Millisecond
	leave := make(chan struct{})
	defer close(leave)
	w.on("/drip", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		for {
			_, err := rw.Write([]byte(" "))
			if rw.(http.Flusher).Flush(); err != nil || r.Context().Err() != nil {
				return
			}
			select {
			case <-leave:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	w.refused(t, "drip", w.id("/drip"), document.Unreachable)
	w.on("/hang", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-leave:
		case <-r.Context().Done():
		}
	})
	w.refused(t, "hang", w.id("/hang"), document.Unreachable)
}

// The address is judged when the connection is made: a look-up that answers differently the
// second time leads nowhere.
func TestANameThatTurnsPrivate(t *testing.T) {
	w := open(t)
	id := w.publish("/app", plain, "")
	w.HTTP = w.caller(outbound.Options{})
	w.refused(t, "this machine", id, document.Unreachable)
	w.refused(t, "its name", strings.Replace(id, "127.0.0.1", "localhost", 1), document.Unreachable)

	// A public name resolves to the host of the test, as after a change of the record.
	transport := w.HTTP.Transport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(address)
		return dial(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	w.refused(t, "a public name", strings.Replace(id, "127.0.0.1", "app.example.com", 1), document.Unreachable)
	for _, inside := range []string{"10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00::1]", "[::1]", "0.0.0.0"} {
		w.HTTP = w.caller(outbound.Options{})
		w.refused(t, inside, "https://"+inside+"/app", document.Unreachable)
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("the host was asked %d times, want never", n)
	}
}

func TestFailuresAreThrottled(t *testing.T) {
	w := open(t)
	failed := func(address, path string) bool {
		t.Helper()
		_, err := w.Find(from(t, address), w.id(path))
		_, limited := errors.AsType[*throttle.Limited](err)
		_, refused := errors.AsType[*document.Refused](err)
		if limited == refused {
			t.Fatalf("%s for %s: err = %v, want a refusal or a throttle", path, address, err)
		}
		return refused
	}
	for i := range 5 {
		if !failed("192.0.2.7", fmt.Sprintf("/%d", i)) {
			t.Errorf("failure %d was throttled, want five that are not", i)
		}
	}
	if failed("192.0.2.8", "/6") {
		t.Error("the sixth of a network was fetched, want it throttled")
	}
	if failed("198.51.100.1", "/7") {
		t.Error("the sixth of a host was fetched, want it throttled")
	}
	if n := w.asked.Load(); n != 5 {
		t.Errorf("the host was asked %d times, want 5", n)
	}
	w.advance(12 * time.Second)
	if !failed("192.0.2.7", "/8") || failed("192.0.2.7", "/9") {
		t.Error("after twelve seconds: want one more, and one only")
	}
	w.advance(time.Minute)
	w.publish("/later", plain, "")
	w.mustFind(t, w.id("/later")) // the failure of /later, and of the host, was not kept
}
