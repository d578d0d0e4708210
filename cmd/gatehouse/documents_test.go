package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/outbound"
	"gatehouse/store"
)

// An appHost is a host of an app's own, which serves its document.
type appHost struct {
	*httptest.Server
	members string // besides client_id
	keys    string // at /keys
	asked   atomic.Int32
}

// appElsewhere opens such a host, and an API to any app.
func (g *gate) appElsewhere(members string) *appHost {
	g.t.Helper()
	e := &appHost{members: members}
	e.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/keys" {
			_, _ = io.WriteString(w, e.keys)
			return
		}
		_, _ = fmt.Fprintf(w, `{"client_id":%q,%s}`, e.URL+r.URL.Path, e.members)
	}))
	g.t.Cleanup(e.Close)
	roots := x509.NewCertPool()
	roots.AddCert(e.Certificate())
	*g.documents.HTTP = *outbound.Client(outbound.Options{Loopback: true, Roots: roots}) // the keys are fetched by it, too
	err := g.db.Write(g.t.Context(), func(tx store.Tx) error {
		return tx.CreateAPI(store.API{
			ID: "orders", Identifier: "https://orders.example", Name: "Orders", Clients: store.ClientsAny, ListedInMetadata: true, TokenType: store.TokenTypeAccess, CreatedAt: time.Now(),
			Scopes: []store.APIScope{{Name: "read", Description: "See your orders"}, {Name: "pay", Description: "Place orders", Sensitive: true}},
		})
	})
	if err != nil {
		g.t.Fatalf("creating the API: %v", err)
	}
	return e
}

// publicly posts to an endpoint of apps as a public client, and returns the answer.
func (g *gate) publicly(path string, status int, pairs ...string) object {
	g.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.PostForm(g.door.URL+path, form)
	if err != nil {
		g.t.Fatalf("sending the request: %v", err)
	}
	defer resp.Body.Close()
	var answer object
	err = json.NewDecoder(resp.Body).Decode(&answer)
	if err != nil && !errors.Is(err, io.EOF) || resp.StatusCode != status { // a revocation answers nothing
		g.t.Fatalf("%s %v: %d %v, want %d; %v", path, pairs, resp.StatusCode, answer, status, err)
	}
	return answer
}

const tidewater = `"client_name":"Tidewater Code","redirect_uris":["http://127.0.0.1/cb","http://localhost/cb"],"grant_types":["authorization_code","refresh_token",` +
	`"urn:ietf:params:oauth:grant-type:device_code","urn:ietf:params:oauth:grant-type:jwt-bearer"],"token_endpoint_auth_method":"none"`

// An app that nobody registered signs a person in: from its document to a code, and to tokens.
func TestAnAppByItsURL(t *testing.T) {
	g := openGate(t, nil)
	e := g.appElsewhere(tidewater)
	id, back := e.URL+"/oauth/client.json", "http://localhost:4711/cb"
	v := g.visitor()
	host := strings.TrimPrefix(e.URL, "https://")
	request := ask("client_id", id, "redirect_uri", back)
	login := v.get(request).shows(http.StatusOK, "to continue to", host)
	if strings.Contains(login.body, "Tidewater") {
		t.Error("the sign-in page calls the app by a name that nobody has checked")
	}
	consent := v.signIn(login, "ann").shows(http.StatusOK, host+"</bdi> wants to use your account", "It calls itself", "“Tidewater Code”", broken(id), "localhost, this device", "It runs on this device.")
	code := v.post("/consent", append(consent.fields(), "answer", "allow")...).leads(back).Get("code")
	redeem := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", back, "code_verifier", verifier, "client_id", id}
	set := g.publicly("/oauth/token", http.StatusOK, redeem...)
	if set["access_token"] == nil || set["refresh_token"] == nil || set["id_token"] == nil {
		t.Fatalf("tokens: %v, want all three", set)
	}
	again := g.publicly("/oauth/token", http.StatusOK, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string), "client_id", id)
	g.publicly("/oauth/revoke", http.StatusOK, "token", again["refresh_token"].(string), "client_id", id)
	if e.asked.Load() != 1 {
		t.Errorf("the document was fetched %d times, want once", e.asked.Load())
	}
	// The next time, in the same browser, nothing is asked.
	if v.get(request).leads(back).Get("code") == "" {
		t.Error("the second time: no code, want one without a question")
	}
	// The consent is for this document, not for another of the same host.
	v.get(ask("client_id", e.URL+"/other.json", "redirect_uri", back)).shows(http.StatusOK, "wants to use your account", broken(e.URL+"/other.json"))
}

// broken returns an address as pages show it: with places where a line may break.
func broken(address string) string {
	return strings.NewReplacer("/", "/<wbr>", ".", ".<wbr>").Replace(address)
}

// A code and a refresh token are for the document that they were issued to.
func TestAnAppByItsURLIsNotAnother(t *testing.T) {
	g := openGate(t, nil)
	e := g.appElsewhere(tidewater)
	id, other, back := e.URL+"/a", e.URL+"/b", "http://127.0.0.1:4711/cb"
	v := g.visitor()
	consent := v.signIn(v.get(ask("client_id", id, "redirect_uri", back)), "ann")
	code := v.post("/consent", append(consent.fields(), "answer", "allow")...).leads(back).Get("code")
	v.get(ask("client_id", other, "redirect_uri", back)).shows(http.StatusOK, "wants to use your account") // it is known now
	redeem := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", back, "code_verifier", verifier, "client_id"}
	if got := g.publicly("/oauth/token", http.StatusBadRequest, append(redeem, other)...); got["error"] != "invalid_grant" {
		t.Errorf("another's code: %v, want invalid_grant", got)
	}
	// The code is void now, as after any misuse.
	again := v.get(ask("client_id", id, "redirect_uri", back)).leads(back).Get("code")
	redeem[3] = again
	set := g.publicly("/oauth/token", http.StatusOK, append(redeem, id)...)
	refresh := []string{"grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string), "client_id"}
	if got := g.publicly("/oauth/token", http.StatusBadRequest, append(refresh, other)...); got["error"] != "invalid_grant" {
		t.Errorf("another's refresh token: %v, want invalid_grant", got)
	}
}

// An app that signs, with keys behind a URI, gets a token for an API by its resource alone:
// for the scopes that are listed and not sensitive.
func TestAnAppByItsURLThatSigns(t *testing.T) {
	g := openGate(t, nil)
	back := "https://tidewater.example/cb"
	e := g.appElsewhere("")
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("generating a key: %v", err)
	}
	e.keys = fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":%q,"kid":"k"}]}`, base64.RawURLEncoding.EncodeToString(public))
	e.members = fmt.Sprintf(`"client_name":"Tidewater","redirect_uris":[%q],"grant_types":["authorization_code","refresh_token"],`+
		`"token_endpoint_auth_methods_supported":["private_key_jwt"],"token_endpoint_auth_signing_alg":"RS256","jwks_uri":%q`, back, e.URL+"/keys")
	id := e.URL + "/app"
	v := g.visitor()
	consent := v.signIn(v.get(ask("client_id", id, "redirect_uri", back, "resource", "https://orders.example", "scope", "")), "ann")
	code := v.post("/consent", append(consent.fields(), "answer", "allow")...).leads(back).Get("code")
	redeem := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", back, "code_verifier", verifier, "resource", "https://orders.example"}
	if got := g.publicly("/oauth/token", http.StatusUnauthorized, append(redeem, "client_id", id)...); got["error"] != "invalid_client" {
		t.Errorf("without an assertion: %v, want invalid_client", got)
	}
	part := func(claims object) string {
		text, _ := json.Marshal(claims)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := part(object{"alg": "Ed25519", "kid": "k"}) + "." + part(object{"iss": id, "sub": id, "aud": g.config.Issuer, "jti": "1", "exp": time.Now().Add(time.Minute).Unix()})
	set := g.publicly("/oauth/token", http.StatusOK, append(redeem,
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		"client_assertion", input+"."+base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(input))))...)
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(set["access_token"].(string), ".")[1])
	for _, claim := range []string{`"aud":"https://orders.example"`, `"scope":"read"`, fmt.Sprintf(`"client_id":%q`, id)} {
		if !strings.Contains(string(payload), claim) {
			t.Errorf("the access token is %s, want %s in it", payload, claim)
		}
	}
	if answer := v.get(ask("client_id", id, "redirect_uri", back, "scope", "")).leads(back); answer.Get("error") != "invalid_scope" {
		t.Errorf("neither scope nor resource: %v, want invalid_scope", answer)
	}
}

// What was fetched is asked about again when it sends people appHost.
func TestAnAppByItsURLThatChanges(t *testing.T) {
	g := openGate(t, nil)
	e := g.appElsewhere(`"client_name":"Tidewater","redirect_uris":["https://tidewater.example/cb"]`)
	id, back := e.URL+"/a", "https://tidewater.example/cb"
	v := g.visitor()
	request := ask("client_id", id, "redirect_uri", back)
	consent := v.signIn(v.get(request), "ann").shows(http.StatusOK, "tidewater.example")
	if strings.Contains(consent.body, "It runs on this device") {
		t.Error("the page says that the app runs here, want no such warning")
	}
	v.post("/consent", append(consent.fields(), "answer", "allow")...).leads(back)
	v.get(request).leads(back)
	e.members = `"client_name":"Tidewater","redirect_uris":["https://tidewater.example/cb","https://evil.example/cb"]`
	g.makeStale(id)
	v.get(request).shows(http.StatusOK, "wants to use your account")
	v.get(ask("client_id", id, "redirect_uri", back, "prompt", "none")).leads(back)
}

// makeStale makes a kept document due to be fetched.
func (g *gate) makeStale(id string) {
	g.t.Helper()
	err := g.db.Write(g.t.Context(), func(tx store.Tx) error {
		d, err := tx.LockClientDocument(id)
		if err != nil {
			return err
		}
		d.FreshUntil = d.FetchedAt
		return tx.PutClientDocument(d)
	})
	if err != nil {
		g.t.Fatalf("making the document stale: %v", err)
	}
}

// The endpoints where an app begins make it known, and no other does.
func TestWhereAnAppByItsURLBegins(t *testing.T) {
	g := openGate(t, nil)
	e := g.appElsewhere(tidewater)
	id := func(name string) string { return e.URL + "/" + name }
	for path, pairs := range map[string][]string{
		"/oauth/token":  {"grant_type", "refresh_token", "refresh_token", "x"},
		"/oauth/revoke": {"token", "x"},
	} {
		if answer := g.publicly(path, http.StatusUnauthorized, append(pairs, "client_id", id("token"))...); answer["error"] != "invalid_client" || e.asked.Load() != 0 {
			t.Errorf("%s: %v, fetched %d times; want invalid_client and no fetch", path, answer, e.asked.Load())
		}
	}
	asked, _ := url.Parse(ask("client_id", id("par"), "redirect_uri", "http://127.0.0.1:1/cb"))
	var pairs []string
	for name, values := range asked.Query() {
		pairs = append(pairs, name, values[0])
	}
	pushed := g.publicly("/oauth/par", http.StatusCreated, pairs...)
	g.visitor().get("/oauth/authorize?"+url.Values{"client_id": {id("par")}, "request_uri": {pushed["request_uri"].(string)}}.Encode()).shows(http.StatusOK, "<h1>Sign in</h1>")
	device := g.publicly("/oauth/device_authorization", http.StatusOK, "client_id", id("tv"), "scope", "openid")
	v := g.visitor()
	page := v.signIn(v.get("/device?user_code="+device["user_code"].(string)), "ann").shows(http.StatusOK, "It calls itself", id("tv"), "It runs on this device.")
	v.post("/device", append(page.fields(), "answer", "allow")...).shows(http.StatusOK)
	g.publicly("/oauth/token", http.StatusOK, "grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", device["device_code"].(string), "client_id", id("tv"))
	e.members = `"client_name":"T"`
	if answer := g.publicly("/oauth/par", http.StatusUnauthorized, append(pairs, "client_id", id("bad"))...); !strings.Contains(answer["error_description"].(string), "redirect_uris") {
		t.Errorf("a push by a document without redirect URIs: %v, want a description that names the member", answer)
	}
	g.visitor().get(ask("client_id", id("bad"))).shows(http.StatusBadRequest, "The member redirect_uris of its document cannot be used.", "client_id="+id("bad"))
}

// The metadata say so while an API is open to any app, and may be cached for a minute then.
func TestClientsByURLAreAdvertised(t *testing.T) {
	g := openGate(t, nil)
	look := func(want bool, age string) {
		t.Helper()
		for _, name := range []string{"openid-configuration", "oauth-authorization-server"} {
			p := g.visitor().get("/.well-known/" + name)
			var members struct {
				Supported bool     `json:"client_id_metadata_document_supported"`
				Methods   []string `json:"token_endpoint_auth_methods_supported"`
			}
			if err := json.Unmarshal([]byte(p.body), &members); err != nil || members.Supported != want || !strings.Contains(strings.Join(members.Methods, " "), "none") {
				t.Errorf("%s: %+v, %v; want it supported: %t, and the method none", name, members, err, want)
			}
			if got := p.header.Get("Cache-Control"); got != "public, max-age="+age {
				t.Errorf("%s: Cache-Control %q, want max-age=%s", name, got, age)
			}
		}
	}
	var later atomic.Int64
	g.documents.Switch.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	look(false, "3600")
	g.appElsewhere(tidewater)
	later.Store(int64(time.Second)) // the answer is remembered for less
	look(true, "60")
}
