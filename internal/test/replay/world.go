package replay

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A World is the server that gets the requests, empty at the start, with the services
// that make the changes in setups. Its throttles must be wide, because the file signs in
// from one address all the time.
type World struct {
	// URL is where the server listens.
	URL string
	// DB must number people from 1 without gaps, as SQLite does.
	DB       store.DB
	Accounts *account.Service
	Sessions *session.Service
	// Sign signs any claims with a key of the server.
	Sign func(ctx context.Context, typ string, claims any) (string, error)
	Hash func(ctx context.Context, pw string) (string, error)
}

// tokens are what an actor holds.
type tokens struct{ access, refresh string }

// A player replays the file.
type player struct {
	t      *testing.T
	world  World
	client *http.Client
	people map[int64]*person
	held   map[string]tokens
	last   tokens // the last ones that were sent
	// renamed is set once pete is called pete2.
	renamed bool
	// numbers is the highest ID that was given out.
	numbers int64
}

func (p *player) ctx() context.Context { return p.t.Context() }

// find returns a person by username.
func (p *player) find(username string) store.User {
	p.t.Helper()
	u, err := p.world.DB.UserByName(p.ctx(), names.Lookup(username))
	if err != nil {
		p.t.Fatalf("%s: looking up the user by name: %v", username, err)
	}
	return u
}

// signIn starts a session without a password.
func (p *player) signIn(u store.User) tokens {
	p.t.Helper()
	set, err := p.world.Sessions.Begin(p.ctx(), signin.Password(u, signin.ByLogin, p.world.Sessions.Now()), session.Accounts(store.RotationStrict), apis.Grant{Scope: authz.ForRole(u.Role)}, apis.Asked{})
	if err != nil {
		p.t.Fatalf("signing in %s: %v", u.Username, err)
	}
	return tokens{set.AccessToken, set.RefreshToken}
}

// holds returns the actor's tokens, and signs the actor in when they are first needed.
func (p *player) holds(actor string) tokens {
	p.t.Helper()
	actor, _, _ = strings.Cut(actor, " ") // "idle (refreshed)"
	if actor == "anonymous" {
		owner := "bob" // whose tokens the old requests borrowed
		if p.people[4].id == 0 {
			owner = "alice"
		}
		return p.signIn(p.find(owner))
	}
	if _, ok := p.held[actor]; !ok {
		p.held[actor] = p.signIn(p.find(p.called(actor)))
	}
	return p.held[actor]
}

// called returns the current username of the actor.
func (p *player) called(actor string) string {
	if actor == "pete" && p.renamed {
		return "pete2"
	}
	return actor
}

// change changes a person as an administrator can.
func (p *player) change(username string, in account.Input) {
	p.t.Helper()
	if _, err := p.world.Accounts.Change(p.ctx(), authz.Operator, p.find(username), in, false); err != nil {
		p.t.Fatalf("changing %s: %v", username, err)
	}
}

func text(s string) fields.Text { return fields.Given(s) }

// forge signs the token's claims again after edit.
func (p *player) forge(typ, raw string, edit func(claims map[string]any)) string {
	p.t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	if err != nil {
		p.t.Fatalf("decoding the base64: %v", err)
	}
	claims := map[string]any{}
	d := json.NewDecoder(strings.NewReader(string(payload)))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil {
		p.t.Fatalf("decoding the JSON: %v", err)
	}
	edit(claims)
	made, err := p.world.Sign(p.ctx(), typ, claims)
	if err != nil {
		p.t.Fatalf("signing the token: %v", err)
	}
	return made
}
