package grants_test

import (
	"testing"
	"time"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// RFC 6749 §4.1.2: a code works once. Its second use ends the session of the first.
func TestACodeIsRedeemedOnce(t *testing.T) {
	w := open(t)
	code := w.code(t, nil)
	answer, err := w.redeem(t, "shop", code)
	refresh := granted(t, "redeeming a code", answer, err)
	if id, _ := answer["id_token"].(string); id == "" || answer["scope"] != "openid" {
		t.Errorf("answer = %v, want an ID token and the scope of the code", answer)
	}
	w.wait(time.Hour)
	answer, err = w.redeem(t, "shop", code)
	refused(t, "the code again", answer, err, oauth.InvalidGrant)
	answer, err = w.ask(t, "shop", grant.RefreshToken, "refresh_token", refresh)
	refused(t, "what the first use began", answer, err, oauth.InvalidGrant)
}

// A thief cannot use a code up: it stays valid for its client.
func TestACodeStaysValid(t *testing.T) {
	w := open(t)
	code := w.code(t, nil)
	answer, err := w.redeem(t, "tv", code)
	refused(t, "another client", answer, err, oauth.InvalidGrant)
	answer, err = w.redeem(t, "shop", code, "redirect_uri", "https://evil.test/")
	refused(t, "another redirect URI", answer, err, oauth.InvalidGrant)
	answer, err = w.redeem(t, "shop", code, "redirect_uri", "")
	refused(t, "no redirect URI", answer, err, oauth.InvalidRequest)
	for range 2 {
		answer, err = w.redeem(t, "shop", code, "code_verifier", "")
		refused(t, "no verifier", answer, err, oauth.InvalidGrant)
	}
	answer, err = w.redeem(t, "shop", code)
	granted(t, "its client, after all of these", answer, err)
}

// Three wrong verifiers invalidate a code.
func TestVerifiersCannotBeGuessed(t *testing.T) {
	w := open(t)
	code := w.code(t, nil)
	for range 3 {
		answer, err := w.redeem(t, "shop", code, "code_verifier", s256Of)
		refused(t, "a wrong verifier", answer, err, oauth.InvalidGrant)
	}
	answer, err := w.redeem(t, "shop", code)
	refused(t, "the right verifier, too late", answer, err, oauth.InvalidGrant)
}

func TestCodesThatGiveNothing(t *testing.T) {
	w := open(t)
	answer, err := w.redeem(t, "shop", "made up")
	refused(t, "an unknown code", answer, err, oauth.InvalidGrant)
	answer, err = w.redeem(t, "shop", w.code(t, func(c *store.AuthCode) { c.ExpiresAt = w.now() }))
	refused(t, "an expired code", answer, err, oauth.InvalidGrant)
	answer, err = w.redeem(t, "shop", w.code(t, func(c *store.AuthCode) { c.Scope = "phone address" }))
	refused(t, "a scope of which nothing is registered any more", answer, err, oauth.InvalidGrant)
	answer, err = w.redeem(t, "shop", w.code(t, func(c *store.AuthCode) { c.Scope = "openid phone" }))
	if granted(t, "a scope of which a part is registered", answer, err); answer["scope"] != "openid" {
		t.Errorf("a scope of which a part is registered: scope = %q, want openid", answer["scope"])
	}
	answer, err = w.redeem(t, "shop", w.code(t, func(c *store.AuthCode) { c.Challenge = "" }))
	refused(t, "a verifier without a challenge", answer, err, oauth.InvalidGrant) // RFC 9700 §4.8.2
}

// The person is read as they are when the code is redeemed, not as they were when
// they consented.
func TestAPersonWhoHasBecomeInactive(t *testing.T) {
	w := open(t)
	code, device := w.code(t, nil), w.device(t, store.DeviceApproved)
	no := false
	w.write(t, func(tx store.Tx) error { return tx.UpdateUser(w.ann.ID, store.UserChange{Active: &no}) })
	answer, err := w.redeem(t, "shop", code)
	refused(t, "a code", answer, err, oauth.InvalidGrant)
	answer, err = w.poll(t, "tv", device)
	refused(t, "a device", answer, err, oauth.InvalidGrant)
}

// RFC 8628 §3.5.
func TestPolls(t *testing.T) {
	w := open(t)
	code := w.device(t, store.DevicePending)
	answer, err := w.poll(t, "tv", code)
	refused(t, "nobody has answered", answer, err, oauth.AuthorizationPending)
	answer, err = w.poll(t, "tv", code)
	refused(t, "too soon", answer, err, oauth.SlowDown)
	answer, err = w.poll(t, "shop", code)
	refused(t, "another client", answer, err, oauth.InvalidGrant)
	answer, err = w.poll(t, "tv", "")
	refused(t, "no device code", answer, err, oauth.InvalidRequest)
	answer, err = w.poll(t, "tv", "made up")
	refused(t, "an unknown device code", answer, err, oauth.InvalidGrant)
	answer, err = w.poll(t, "tv", w.device(t, store.DeviceDenied))
	refused(t, "the person refused", answer, err, oauth.AccessDenied)
	w.wait(10 * time.Minute)
	answer, err = w.poll(t, "tv", code)
	refused(t, "too late", answer, err, oauth.ExpiredToken)
}

// A device code works once, as a code does.
func TestADeviceCodeIsRedeemedOnce(t *testing.T) {
	w := open(t)
	code := w.device(t, store.DeviceApproved)
	answer, err := w.poll(t, "tv", code)
	refresh := granted(t, "the person allowed it", answer, err)
	if id, _ := answer["id_token"].(string); id == "" {
		t.Errorf("answer = %v, want an ID token", answer)
	}
	w.wait(time.Minute)
	answer, err = w.poll(t, "tv", code)
	refused(t, "the device code again", answer, err, oauth.InvalidGrant)
	answer, err = w.ask(t, "tv", grant.RefreshToken, "refresh_token", refresh)
	refused(t, "what the first use began", answer, err, oauth.InvalidGrant)
}
