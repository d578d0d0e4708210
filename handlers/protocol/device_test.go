package protocol_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

func (s *site) device(t testing.TB, client string, pairs ...string) answer {
	t.Helper()
	a := s.post(t, "/oauth/device_authorization", asWeb(client), pairs...)
	if a.status != http.StatusOK {
		t.Fatalf("device: %d %s, want 200", a.status, a.body)
	}
	return a
}

func (s *site) poll(t testing.TB, client string, a answer) answer {
	t.Helper()
	return s.post(t, "/oauth/token", asWeb(client), "grant_type", grant.DeviceCode, "device_code", a.text("device_code"))
}

func TestDeviceGrant(t *testing.T) {
	s := openWeb(t)
	a := s.device(t, "cli", "scope", "openid email")
	user := a.text("user_code")
	if !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(user) || len(a.text("device_code")) < 43 ||
		a.text("verification_uri") != issuer+"/device" || a.text("verification_uri_complete") != issuer+"/device?user_code="+user ||
		a.members["expires_in"] != 600.0 || a.members["interval"] != 5.0 {
		t.Errorf("answer %s, want a user code, a device code and the addresses", a.body)
	}
	refused(t, s.poll(t, "cli", a), 400, "authorization_pending")
	s.advance(4 * time.Second)
	refused(t, s.poll(t, "cli", a), 400, "slow_down")
	typed := strings.ToLower(strings.ReplaceAll(user, "-", " "))
	req, err := s.devices.Find(t.Context(), typed)
	if err != nil || req.Client.ID != "cli" || len(req.Asked) != 1 || len(req.Asked[0].Scopes) != 2 || req.IP != "192.0.2.7" || req.UserCode != user {
		t.Fatalf("the device request is %+v, %v; want that of cli, with two scopes", req, err)
	}
	if err := s.devices.Decide(t.Context(), typed, s.browser, true); err != nil {
		t.Fatalf("deciding on the device: %v", err)
	}
	if err := s.devices.Decide(t.Context(), typed, s.browser, false); err == nil { // one decides
		t.Error("a second decision was accepted, want an error")
	}
	refused(t, s.poll(t, "spa", a), 400, "invalid_grant")
	refused(t, s.poll(t, "web", a), 400, "invalid_grant")
	s.advance(11 * time.Second)
	tokens := granted(t, s.poll(t, "cli", a))
	if id := s.idToken(t, tokens); id["sub"] != annsSub || id["aud"] != "cli" || id["nonce"] != nil {
		t.Errorf("ID token %v, want it for ann and cli, without a nonce", id)
	}
	// A repeated device code ends the session.
	s.advance(time.Minute)
	refused(t, s.poll(t, "cli", a), 400, "invalid_grant")
	if a := s.userinfo(t, tokens.text("access_token")); a.status != http.StatusUnauthorized {
		t.Errorf("userinfo: status %d, want 401", a.status)
	}
}

func TestDevicesThatGetNoTokens(t *testing.T) {
	s := openWeb(t)
	decide := func(a answer, allow bool) {
		if err := s.devices.Decide(t.Context(), a.text("user_code"), s.browser, allow); err != nil {
			t.Fatalf("deciding on the device: %v", err)
		}
	}
	denied := s.device(t, "own")
	decide(denied, false)
	refused(t, s.poll(t, "own", denied), 400, "access_denied")

	late := s.device(t, "own")
	s.advance(10 * time.Minute)
	refused(t, s.poll(t, "own", late), 400, "expired_token")
	if _, err := s.devices.Find(t.Context(), late.text("user_code")); err == nil {
		t.Error("an expired code was found, want an error")
	}
	if err := s.devices.Decide(t.Context(), s.device(t, "own").text("user_code"), oauth.Browser{Pre: "x"}, true); err == nil {
		t.Error("a decision without a user was accepted, want an error")
	}
	// The poll reads the current state of the user (Keycloak CVE-2026-88770).
	inactive := s.device(t, "own")
	decide(inactive, true)
	no := false
	s.write(t, func(tx store.Tx) error {
		return tx.UpdateUser(s.browser.User.ID, store.UserChange{Active: &no})
	})
	refused(t, s.poll(t, "own", inactive), 400, "invalid_grant")

	refused(t, s.post(t, "/oauth/device_authorization", as("shop"), "scope", "openid phone"), 400, "invalid_scope")
	refused(t, s.post(t, "/oauth/device_authorization", as("kiosk")), 400, "unauthorized_client")
	refused(t, s.post(t, "/oauth/device_authorization", as("")), 401, "invalid_client")
	refused(t, s.post(t, "/oauth/token", as("own"), "grant_type", grant.DeviceCode), 400, "invalid_request")
	refused(t, s.post(t, "/oauth/token", as("own"), "grant_type", grant.DeviceCode, "device_code", "x"), 400, "invalid_grant")
}

// After five wrong codes from one network, the next try has to wait, even with the right
// code. Right codes are not counted.
func TestUserCodesCannotBeGuessed(t *testing.T) {
	s := openWeb(t)
	right := s.device(t, "own").text("user_code")
	for range 10 {
		if _, err := s.devices.Find(t.Context(), right); err != nil {
			t.Fatalf("finding the device by its user code: %v", err)
		}
	}
	for _, typed := range []string{"", "AEIO-UYAE", "BCDF-GHJK", strings.Repeat("B", 10_000), "bcdf\x00ghjk"} {
		var shown *oauth.UserError
		if _, err := s.devices.Find(t.Context(), typed); !errors.As(err, &shown) {
			t.Errorf("%.20q: err = %v, want an error for the page", typed, err)
		}
	}
	var limited *throttle.Limited
	for _, typed := range []string{"BCDF-GHJK", right} {
		if _, err := s.devices.Find(t.Context(), typed); !errors.As(err, &limited) {
			t.Errorf("another guess: err = %v, want a time to wait", err)
		}
	}
	if err := s.devices.Decide(t.Context(), right, s.browser, true); !errors.As(err, &limited) {
		t.Errorf("the right code after the guesses: err = %v, want a time to wait", err)
	}
	s.advance(10 * time.Second)
	if _, err := s.devices.Find(t.Context(), right); err != nil {
		t.Errorf("finding the device by its user code: %v", err)
	}
}

func TestOnePollWins(t *testing.T) {
	s := openWeb(t)
	a := s.device(t, "own")
	if err := s.devices.Decide(t.Context(), a.text("user_code"), s.browser, true); err != nil {
		t.Fatalf("deciding on the device: %v", err)
	}
	var won atomic.Int32
	var polls sync.WaitGroup
	for range 10 {
		polls.Go(func() {
			if got := s.concurrently(form("/oauth/token", as("own"), "grant_type", grant.DeviceCode, "device_code", a.text("device_code"))); got == http.StatusOK {
				won.Add(1)
			}
		})
	}
	polls.Wait()
	if won.Load() != 1 {
		t.Errorf("%d polls got tokens, want 1", won.Load())
	}
}
