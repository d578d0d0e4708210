package authorize

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// push pushes a request and returns the parameters that the browser brings.
func (w *world) push(t *testing.T) url.Values {
	t.Helper()
	pushed, err := w.Push(t.Context(), w.web, asking())
	if err != nil || pushed.ExpiresIn != 90 || !strings.HasPrefix(pushed.RequestURI, pushedPrefix) {
		t.Fatalf("pushing: %+v, %v, want a reference for 90 seconds", pushed, err)
	}
	return url.Values{"client_id": {"web"}, "request_uri": {pushed.RequestURI}}
}

// gone fails unless err tells the person that the pushed request is gone.
func gone(t *testing.T, what string, err error) {
	t.Helper()
	if shown, ok := errors.AsType[*oauth.UserError](err); !ok || shown.Message != oauth.MessagePushed {
		t.Errorf("%s: error = %v, want %q for the person", what, err, oauth.MessagePushed)
	}
}

// RFC 9126 §4: only the pushed parameters count, and they give one code.
func TestAPushedRequestGivesOneCode(t *testing.T) {
	w := open(t)
	values := w.push(t)
	values.Set("scope", "openid email")
	sealed := w.consented(t, values)
	if page, err := w.Pending(t.Context(), sealed, w.ann); err != nil || len(page.Asked) != 1 || len(page.Asked[0].Scopes) != 1 {
		t.Errorf("what the page shows = %+v, %v, want the scope that was pushed", page, err)
	}
	w.now = w.now.Add(10 * time.Minute) // it began in time
	step, err := w.Allow(t.Context(), sealed, w.ann)
	next(t, "after the consent", step, err, AnswerClient)
	_, err = w.Begin(t.Context(), values, w.ann)
	gone(t, "a pushed request that was used", err)
}

// RFC 9126 §4: a request_uri is used once, however many browsers or tabs ask at once.
func TestManyAtOnceGetOneCode(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			w := openOn(t, dsn(t))
			w.web.FirstParty = true
			w.write(t, func(tx store.Tx) error { return tx.PutClient(w.web) })
			for range 5 {
				codes, refusals := w.atOnce(t, w.push(t))
				if codes != 1 || refusals != 23 {
					t.Errorf("%d codes and %d refusals, want 1 and 23", codes, refusals)
				}
			}
		})
	}
}

// atOnce begins a request 24 times in parallel.
func (w *world) atOnce(t *testing.T, values url.Values) (codes, refusals int32) {
	t.Helper()
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() {
			step, err := w.Begin(t.Context(), values, w.ann)
			shown, refused := errors.AsType[*oauth.UserError](err)
			switch {
			case err == nil && step.Answer.Parameters.Has("code"):
				won.Add(1)
			case refused && shown.Message == oauth.MessagePushed:
				lost.Add(1)
			default:
				t.Errorf("beginning: %+v, %v, want a code or that the request was used", step, err)
			}
		})
	}
	all.Wait()
	return won.Load(), lost.Load()
}

func TestAPushedRequestThatIsRefused(t *testing.T) {
	w := open(t)
	values := w.push(t)
	_, err := w.Begin(t.Context(), url.Values{"client_id": {"other"}, "request_uri": values["request_uri"]}, w.ann)
	gone(t, "another client", err)
	w.now = w.now.Add(pushedLife)
	_, err = w.Begin(t.Context(), values, w.ann)
	gone(t, "too late", err)
	_, err = w.Begin(t.Context(), url.Values{"client_id": {"web"}, "request_uri": {pushedPrefix + "x"}}, w.ann)
	gone(t, "a made-up reference", err)
}

// A push is refused for what the authorization endpoint would refuse (RFC 9126 §2.3).
func TestWhatCannotBePushed(t *testing.T) {
	w := open(t)
	off := w.web
	off.ID = "unknown"
	for name, c := range map[string]struct {
		client store.Client
		values url.Values
		want   oauth.Code
	}{
		"a reference":       {w.web, asking("request_uri", pushedPrefix+"x"), oauth.InvalidRequest},
		"a foreign address": {w.web, asking("redirect_uri", "https://evil.test/"), oauth.InvalidRequest},
		"an unknown client": {off, asking(), oauth.InvalidRequest},
		"too much scope":    {w.web, asking("scope", "openid phone"), oauth.InvalidScope},
	} {
		if got, err := w.Push(t.Context(), c.client, c.values); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v, want %s", name, got, err, c.want)
		}
	}
}

// A pushed request is kept for anybody, so it is as short as one in a URL.
func TestTooLongAPushIsRefusedByItsBound(t *testing.T) {
	w := open(t)
	_, err := w.Push(t.Context(), w.web, asking("acr_values", strings.Repeat("x", 6<<10)))
	if large, ok := errors.AsType[*oauth.TooLarge](err); !ok || large.Most != 6144 || large.Bytes <= 6144 {
		t.Errorf("6 KiB and more: error = %v, want one that names 6144 bytes", err)
	}
	if _, err := w.Push(t.Context(), w.web, asking("acr_values", strings.Repeat("x", 5<<10))); err != nil {
		t.Errorf("5 KiB and more: error = %v, want none", err)
	}
}

// from returns the context of a request from an address.
func from(t *testing.T, address string) context.Context {
	return reqctx.With(t.Context(), &reqctx.Info{IP: netip.MustParseAddr(address)})
}

// A stranger asks in the name of public clients: their network is full before anybody
// else notices. The server of a client with a secret asks for everybody.
func TestWhatAStrangerMayPush(t *testing.T) {
	w := open(t)
	spa, shop := w.web, w.web
	spa.ID, spa.AuthMethod = "spa", store.NoSecret
	shop.ID, shop.AuthMethod = "kiosk", store.NoSecret
	w.write(t, func(tx store.Tx) error { return errors.Join(tx.CreateClient(spa), tx.CreateClient(shop)) })
	push := func(c store.Client, address string) error {
		_, err := w.Push(from(t, address), c, asking("client_id", c.ID, "code_challenge", strings.Repeat("c", 43), "code_challenge_method", "S256"))
		return err
	}
	for range pushedRooms.Network {
		if err := push(spa, "2001:db8:1::1"); err != nil {
			t.Fatalf("pushing where there is room: %v", err)
		}
	}
	for what, c := range map[string]store.Client{"the same client": spa, "another": shop} {
		err := push(c, "2001:db8:1:ffff::1")
		if limited, ok := errors.AsType[*throttle.Limited](err); !ok || limited.RetryAfter <= 0 {
			t.Errorf("%s, from the /48 that is full: error = %v, want a time to wait", what, err)
		}
	}
	if err := push(spa, "2001:db8:2::1"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	if err := push(w.web, "2001:db8:1::1"); err != nil {
		t.Errorf("a client that authenticates: %v", err)
	}
	w.now = w.now.Add(pushedLife)
	if err := push(spa, "2001:db8:1::1"); err != nil {
		t.Errorf("after the others have expired: %v", err)
	}
}
