package logout

import (
	"context"
	"net/url"
	"testing"
	"time"

	"gatehouse/internal/token"
	"gatehouse/store"
)

// A logout leads to an address of the app that asked, or nowhere.
func FuzzLogout(f *testing.F) {
	for _, s := range []string{
		"client_id=web&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye&state=a%26b", "post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye", "client_id=web&post_logout_redirect_uri=https%3A%2F%2Fevil.test",
		"client_id=web&id_token_hint=x&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye", "client_id=web&client_id=x", "client_id=web&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye%3Fq&state=%23",
	} {
		f.Add(s)
	}
	returns := []string{"https://web.example/bye", "https://web.example/bye?q"}
	l := &Endpoint{Clients: known{"web": {ID: "web", PostLogoutRedirectURIs: returns}}, Hints: noHints{}, Now: func() time.Time { return time.Unix(0, 0) }}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		out, err := l.Parse(t.Context(), values)
		if err != nil || out.Location() == "" {
			return
		}
		to, err := url.Parse(out.Location())
		if err != nil || to.Scheme != "https" || to.Host != "web.example" || to.Path != "/bye" || to.Fragment != "" || out.ClientID != "web" || out.Subject != "" {
			t.Errorf("%q leads to %q, %v; want https://web.example/bye", query, out.Location(), err)
		}
	})
}

type known map[string]store.Client

func (k known) ClientByID(_ context.Context, id string) (store.Client, error) {
	if c, ok := k[id]; ok {
		return c, nil
	}
	if id == "away" {
		return store.Client{}, store.ErrUnavailable
	}
	return store.Client{}, store.ErrNotFound
}

type noHints struct{}

func (noHints) Hint(context.Context, string) (token.ID, error) { return token.ID{}, token.ErrInvalid }
