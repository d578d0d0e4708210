package token

import (
	"context"
	"crypto/rand"
	"time"

	"gatehouse/store"
)

// logoutLife is how long a logout token is valid. OIDC Back-Channel Logout 1.0 §2.4
// recommends at most two minutes.
const logoutLife = 2 * time.Minute

// Logout holds the claims of a logout token (OIDC Back-Channel Logout 1.0 §2.4). It has
// no nonce, so that it cannot be used as an ID token.
type Logout struct {
	Issuer    string              `json:"iss"`
	Subject   string              `json:"sub"`
	Audience  string              `json:"aud"`
	IssuedAt  int64               `json:"iat"`
	Expires   int64               `json:"exp"`
	JTI       string              `json:"jti"`
	Events    map[string]struct{} `json:"events"`
	SessionID string              `json:"sid,omitempty"`
}

// Logout makes the token that notifies a client of the end of a session, signed with what its
// ID tokens are. Sid is empty for a client that does not need it.
func (m *Minter) Logout(ctx context.Context, clientID string, signing store.SigningChoice, sub, sid string) (string, error) {
	by, err := m.Keys.Usable(ctx, signing.Alg, signing.Before)
	if err != nil {
		return "", err
	}
	now := m.Now()
	return m.Keys.Sign(ctx, by, TypeLogout, Logout{
		Issuer: m.Issuer, Subject: sub, Audience: clientID, SessionID: sid,
		IssuedAt: now.Unix(), Expires: now.Add(logoutLife).Unix(), JTI: rand.Text(),
		Events: map[string]struct{}{"http://schemas.openid.net/event/backchannel-logout": {}},
	})
}
