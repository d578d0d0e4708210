package logout

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/cursor"
	"gatehouse/internal/oauth"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// hints are the ID tokens that are ours.
type hints map[string]token.ID

func (h hints) Hint(_ context.Context, raw string) (token.ID, error) {
	if raw == "broken" {
		return token.ID{}, store.ErrUnavailable
	}
	if id, ok := h[raw]; ok {
		return id, nil
	}
	return token.ID{}, token.ErrInvalid
}

const back = "https://web.example/bye"

func open() (*Endpoint, *time.Time) {
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	return &Endpoint{
		Clients: known{
			"web":   {ID: "web", PostLogoutRedirectURIs: []string{back}},
			"other": {ID: "other", PostLogoutRedirectURIs: []string{"https://other.example/"}},
			"off":   {ID: "off", Disabled: true, PostLogoutRedirectURIs: []string{back}},
		},
		Hints:  hints{"ann's": {Subject: "ann", Audience: "web"}},
		Sealer: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, Now: func() time.Time { return now },
	}, &now
}

// A logout request is believed only as far as it can be proved (RP-Initiated Logout
// 1.0 §2, §3).
func TestParse(t *testing.T) {
	l, _ := open()
	for name, c := range map[string]struct {
		query string
		want  Request
		err   error
		tells oauth.UserMessage
	}{
		"nothing":                   {"", Request{}, nil, ""},
		"a hint":                    {"id_token_hint=ann's", Request{ClientID: "web", Subject: "ann"}, nil, ""},
		"a hint and the way back":   {"id_token_hint=ann's&state=s&post_logout_redirect_uri=" + back, Request{ClientID: "web", Subject: "ann", Return: back, State: "s"}, nil, ""},
		"a client and the way back": {"client_id=web&post_logout_redirect_uri=" + back, Request{ClientID: "web", Return: back}, nil, ""},
		"the way back alone":        {"post_logout_redirect_uri=" + back, Request{}, nil, ""},
		"an unknown client":         {"client_id=nobody&post_logout_redirect_uri=" + back, Request{}, nil, ""},
		"a client that is off":      {"client_id=off&post_logout_redirect_uri=" + back, Request{}, nil, ""},
		"a forged hint":             {"client_id=web&id_token_hint=forged&post_logout_redirect_uri=" + back, Request{}, nil, ""},
		"a hint of another client":  {"client_id=other&id_token_hint=ann's", Request{}, nil, MessageApp},
		"another client's way back": {"client_id=other&post_logout_redirect_uri=" + back, Request{}, nil, MessageReturn},
		"a way back with a tail":    {"client_id=web&post_logout_redirect_uri=" + back + "/", Request{}, nil, MessageReturn},
		"keys that cannot be read":  {"id_token_hint=broken", Request{}, store.ErrUnavailable, ""},
		"an unreadable client":      {"client_id=away", Request{}, store.ErrUnavailable, ""},
	} {
		values, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatalf("%s: parsing the query: %v", name, err)
		}
		got, err := l.Parse(t.Context(), values)
		shown, told := errors.AsType[*oauth.UserError](err)
		switch {
		case c.tells != "":
			if !told || shown.Message != c.tells {
				t.Errorf("%s: error = %v, want %q for the person", name, err, c.tells)
			}
		case !errors.Is(err, c.err):
			t.Errorf("%s: error = %v, want %v", name, err, c.err)
		case err == nil:
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s: request (-want +got):\n%s", name, diff)
			}
		}
	}
}

// A sealed logout opens unchanged for a quarter of an hour and is checked again.
func TestASealedLogoutIsCheckedAgain(t *testing.T) {
	l, now := open()
	sealed, err := l.Seal(Request{ClientID: "web", Subject: "ann", Return: back, State: "s"})
	if err != nil {
		t.Fatalf("sealing a logout: %v", err)
	}
	got, err := l.Open(t.Context(), sealed)
	if got.Until = 0; err != nil {
		t.Fatalf("opening a logout: %v", err)
	}
	if diff := cmp.Diff(Request{ClientID: "web", Subject: "ann", Return: back, State: "s"}, got); diff != "" {
		t.Errorf("opened request (-want +got):\n%s", diff)
	}
	for name, bad := range map[string]string{"empty": "", "edited": "A" + sealed[1:], "longer": sealed + "AA"} {
		if got, err := l.Open(t.Context(), bad); err != nil || got != (Request{}) {
			t.Errorf("%s: opened %+v, %v, want an empty request", name, got, err)
		}
	}
	*now = now.Add(lifetime)
	got, err = l.Open(t.Context(), sealed)
	if got.Until = 0; err != nil || got != (Request{ClientID: "web", Return: back, State: "s"}) {
		t.Errorf("stale: opened %+v, %v, want the request without the person", got, err)
	}
	l.Clients.(known)["web"] = store.Client{ID: "web"}
	_, err = l.Open(t.Context(), sealed)
	if shown, ok := errors.AsType[*oauth.UserError](err); !ok || shown.Message != MessageReturn {
		t.Errorf("the way back is no longer registered: error = %v, want %q for the person", err, MessageReturn)
	}
}

func TestLocation(t *testing.T) {
	for _, c := range []struct {
		request Request
		want    string
	}{
		{Request{}, ""},
		{Request{State: "s"}, ""},
		{Request{Return: back}, back},
		{Request{Return: back, State: "a&b"}, back + "?state=a%26b"},
		{Request{Return: back + "?x=1", State: "s"}, back + "?x=1&state=s"},
	} {
		if got := c.request.Location(); got != c.want {
			t.Errorf("location of %+v = %q, want %q", c.request, got, c.want)
		}
	}
}
