// Package notify tells apps that a session of theirs has ended (OpenID Connect
// Back-Channel Logout 1.0). Who ends a session leaves a notice on the record, in
// the same transaction; here the notices are delivered, later and as often as it
// takes, so that no sign-out waits for an app.
package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"gatehouse/store"
)

// DefaultEvery is how soon after a sign-out the apps are told of it.
const DefaultEvery = time.Second

// Worker delivers notices. Every replica has one; each notice is claimed by one of them.
type Worker struct {
	Notices store.Notices
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Tokens interface {
		Logout(ctx context.Context, clientID, sub, sid string) (string, error)
	}
	// HTTP has the time-out, follows no redirects, and decides which addresses may
	// be dialled.
	HTTP *http.Client
	// Every is how often the record is asked (DefaultEvery).
	Every time.Duration
	// Delivered, if set, is told how each try ended: "delivered", "failed", "given up".
	Delivered func(result string)
	Now       func() time.Time
	Log       *slog.Logger
}

const (
	// batch is how many notices are claimed at once, all delivered side by side:
	// an app that does not answer delays no other one.
	batch = 16
	// claimed is how long a claim holds; a worker that died in between leaves the
	// notice to the next one after that.
	claimed = time.Minute
	// After maxTries, or keep, whichever comes first, an app is not told any more.
	// It learns of the end at its next refresh.
	maxTries = 8
	keep     = 24 * time.Hour
	// firstDelay, times four after each further try: 5 s to 5.7 h, 7.6 h in all.
	firstDelay = 5 * time.Second
	growth     = 4
)

// Run delivers until ctx ends, and waits for what is under way.
func (w *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		for w.round(ctx) == batch { // there may be more
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round delivers what is due, up to a batch, and returns how many that were.
func (w *Worker) round(ctx context.Context) int {
	now := w.Now()
	due, err := w.Notices.ClaimNotices(ctx, now, now.Add(claimed), batch)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.WarnContext(ctx, "notices of logouts could not be read", "error", err)
		}
		return 0
	}
	var wg sync.WaitGroup
	for _, n := range due {
		wg.Go(func() { w.handle(ctx, n) })
	}
	wg.Wait()
	return len(due)
}

// handle makes one try, and settles when the next one is.
func (w *Worker) handle(ctx context.Context, n store.LogoutNotice) {
	failure := w.deliver(ctx, n)
	if failure != nil && ctx.Err() != nil {
		return // we are stopping; the claim runs out
	}
	result, settle := w.next(n, failure)
	if failure != nil {
		w.Log.WarnContext(ctx, "an app was not told of a logout", "client", n.ClientID, "try", n.Tries, "result", result, "error", failure)
	}
	if w.Delivered != nil {
		w.Delivered(result)
	}
	if err := settle(ctx); err != nil {
		w.Log.WarnContext(ctx, "a notice of a logout was not settled", "client", n.ClientID, "error", err)
	}
}

func (w *Worker) next(n store.LogoutNotice, failure error) (result string, settle func(context.Context) error) {
	drop := func(ctx context.Context) error { return w.Notices.DropNotice(ctx, n.ID) }
	if failure == nil {
		return "delivered", drop
	}
	again := w.Now().Add(delayAfter(n.Tries))
	if n.Tries >= maxTries || again.After(n.CreatedAt.Add(keep)) || errors.Is(failure, errNobody) {
		return "given up", drop
	}
	return "failed", func(ctx context.Context) error { return w.Notices.PutOffNotice(ctx, n.ID, again) }
}

// delayAfter is how long to wait after that many tries.
func delayAfter(tries int) time.Duration {
	delay := firstDelay
	for range min(tries, maxTries) - 1 {
		delay *= growth
	}
	return delay
}

// errNobody: the app is gone, or wishes no notices any more.
var errNobody = errors.New("the app takes no notices")

// deliver posts the logout token (§2.5). It has `sid`, whether the app insists on
// one or not: without, it would have to end all of the person's sessions.
func (w *Worker) deliver(ctx context.Context, n store.LogoutNotice) error {
	client, err := w.Clients.ClientByID(ctx, n.ClientID)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.BackchannelLogoutURI == "" {
		return errNobody
	}
	if err != nil {
		return fmt.Errorf("reading a client: %w", err)
	}
	token, err := w.Tokens.Logout(ctx, n.ClientID, n.Sub, n.SessionID)
	if err != nil {
		return fmt.Errorf("making a logout token: %w", err)
	}
	return w.post(ctx, client.BackchannelLogoutURI, token)
}

func (w *Worker) post(ctx context.Context, to, token string) error {
	body := url.Values{"logout_token": {token}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("the address of an app: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := w.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("telling an app: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswerBytes)
	if resp.StatusCode < 200 || resp.StatusCode > 299 { // §2.8; some frameworks make a 204 of a 200
		return fmt.Errorf("telling an app: it answered %d", resp.StatusCode)
	}
	return nil
}

// maxAnswerBytes of an answer are read, so that the connection can be used again.
const maxAnswerBytes = 4 << 10
