package account

import (
	"encoding/json"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

// A copied is what is kept of a person. It has no secret: no password, and nothing by which
// somebody could sign in or act.
type copied struct {
	Person   map[string]any  `json:"person"`
	Browsers []copiedBrowser `json:"browsers"`
	Sessions []copiedSession `json:"sessions"`
	Consents []copiedConsent `json:"consents"`
	Activity []copiedEvent   `json:"activity"`
	Factors  copiedFactors   `json:"factors"`
}

type copiedFactors struct {
	CodeApp       *copiedFactor  `json:"code_app"`
	Passkeys      []copiedFactor `json:"passkeys"`
	RecoveryCodes int            `json:"recovery_codes_left"`
}

type copiedFactor struct {
	Name       string `json:"name,omitempty"`
	CreatedAt  string `json:"created_at"`
	LastUsedAt string `json:"last_used_at"`
}

type copiedBrowser struct {
	SignedInAt string   `json:"signed_in_at"`
	LastSeenAt string   `json:"last_seen_at"`
	ExpiresAt  string   `json:"expires_at"`
	Methods    []string `json:"methods"`
	IP         string   `json:"ip"`
	UserAgent  string   `json:"user_agent"`
}

type copiedSession struct {
	App        string `json:"app"`
	Scope      string `json:"scope"`
	CreatedAt  string `json:"created_at"`
	LastUsedAt string `json:"last_used_at"`
	ExpiresAt  string `json:"expires_at"`
	IP         string `json:"ip"`
	UserAgent  string `json:"user_agent"`
}

type copiedConsent struct {
	App            string `json:"app"`
	Name           string `json:"name"`
	Scope          string `json:"scope"`
	GrantedAt      string `json:"granted_at"`
	FirstGrantedAt string `json:"first_granted_at"`
	LastUsedAt     string `json:"last_used_at"`
}

type copiedEvent struct {
	At       string          `json:"at"`
	Kind     string          `json:"kind"`
	Sentence string          `json:"sentence"`
	App      string          `json:"app,omitempty"`
	IP       string          `json:"ip,omitempty"`
	Detail   json.RawMessage `json:"detail,omitempty"`
}

// personOf returns the account by the names of the API.
func personOf(u store.User) (map[string]any, error) {
	p, err := store.ProfileOf(u)
	person := map[string]any{
		"sub": u.Sub, "username": u.Username, "email": u.Email, "email_verified": u.EmailVerified, "first_name": u.FirstName, "last_name": u.LastName,
		"role": u.Role, "is_active": u.Active, "date_joined": moment(u.JoinedAt), "last_login": moment(u.LastLoginAt), "updated_at": moment(u.UpdatedAt),
	}
	for _, a := range profile.List {
		person[a.Name] = profile.Value(p, a.Name)
	}
	return person, err
}

func browsersOf(browsers []store.BrowserSession) []copiedBrowser {
	all := make([]copiedBrowser, len(browsers))
	for i, b := range browsers {
		all[i] = copiedBrowser{moment(b.SignIn.At), moment(b.LastSeenAt), moment(b.ExpiresAt), b.SignIn.AMR, b.IP, b.UserAgent}
	}
	return all
}

func sessionsOf(sessions []store.Session) []copiedSession {
	all := make([]copiedSession, len(sessions))
	for i, s := range sessions {
		all[i] = copiedSession{s.ClientID, s.Scope, moment(s.CreatedAt), moment(s.LastUsedAt), moment(s.ExpiresAt), s.IP, s.UserAgent}
	}
	return all
}

func consentsOf(granted []account.Granted) []copiedConsent {
	all := make([]copiedConsent, len(granted))
	for i, g := range granted {
		all[i] = copiedConsent{
			g.Client.ID, g.Client.Name, string(authz.Consented(g.Consent)), moment(g.Consent.GrantedAt), moment(g.Consent.FirstGrantedAt), moment(g.LastUsedAt),
		}
	}
	return all
}

// moment returns a time as the copy has it; "" if it never was.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
