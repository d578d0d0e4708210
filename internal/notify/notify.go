// Package notify notifies clients that a session of theirs has ended (OpenID Connect
// Back-Channel Logout 1.0). The transaction that ends a session also records a notice.
// This package delivers the notices later, and repeats failed tries, so that no sign-out
// waits for a client.
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

// DefaultEvery is how soon after a sign-out the clients are notified.
const DefaultEvery = time.Second

// A Worker delivers notices. Every replica has one, and one of them claims each notice.
type Worker struct {
	Notices store.Notices
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Tokens interface {
		Logout(ctx context.Context, clientID string, signing store.SigningChoice, sub, sid string) (string, error)
	}
	// HTTP has a time-out, does not follow redirects, and decides which addresses may
	// be dialled.
	HTTP *http.Client
	// Every is how often the record is read (DefaultEvery).
	Every time.Duration
	// Delivered, if set, is called with the result of each try: "delivered", "failed" or
	// "given up".
	Delivered func(result string)
	Now       func() time.Time
	Log       *slog.Logger
}

const (
	// batch is how many notices of a client are claimed at once, and delivered
	// concurrently: its turn.
	batch = 8
	// places is how many clients have their turn at the same time. A turn takes as long
	// as a client may take to answer; then the next client that waits has its turn.
	places = 32
	// claimed is how long a claim holds. If a worker dies, another one can claim its
	// notices after that.
	claimed = time.Minute
	// After maxTries, or after keep, whichever comes first, the worker gives up. The
	// client then learns of the end at its next refresh.
	maxTries = 8
	keep     = 24 * time.Hour
	// firstDelay grows fourfold with each further try: from 5 s to 5.7 h, 7.6 h in total.
	firstDelay = 5 * time.Second
	growth     = 4
)

// Run delivers notices until ctx ends, and waits for deliveries in progress. The clients
// take turns, so that one that hangs delays only its own notices.
func (w *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	t := &turns{places: make(chan struct{}, places), more: make(chan struct{}, 1), busy: map[string]bool{}}
	defer t.all.Wait()
	for {
		for _, client := range w.noticed(ctx) {
			t.take(ctx, client, func() (more bool) { return w.turn(ctx, client) == batch })
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-t.more:
		}
	}
}

// turns are the turns in progress, one for each client.
type turns struct {
	places chan struct{}
	more   chan struct{} // a turn left notices over
	all    sync.WaitGroup

	mu   sync.Mutex
	busy map[string]bool
}

// take runs a turn beside the others, once there is a place. It does nothing if the client
// has a turn already.
func (t *turns) take(ctx context.Context, client string, turn func() (more bool)) {
	if !t.begin(client) {
		return
	}
	select {
	case t.places <- struct{}{}:
	case <-ctx.Done():
		t.end(client)
		return
	}
	t.all.Go(func() {
		more := turn()
		<-t.places
		if t.end(client); more {
			select {
			case t.more <- struct{}{}:
			default: // the next look is ordered already
			}
		}
	})
}

func (t *turns) begin(client string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[client] {
		return false
	}
	t.busy[client] = true
	return true
}

func (t *turns) end(client string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, client)
}

// noticed returns the clients that have notices due.
func (w *Worker) noticed(ctx context.Context) []string {
	clients, err := w.Notices.NoticedClients(ctx, w.Now())
	w.unread(ctx, err)
	return clients
}

// turn makes one try for each notice of the client that is due, up to a batch, and returns
// their number.
func (w *Worker) turn(ctx context.Context, client string) int {
	now := w.Now()
	due, err := w.Notices.ClaimNotices(ctx, client, now, now.Add(claimed), batch)
	w.unread(ctx, err)
	var wg sync.WaitGroup
	for _, n := range due {
		wg.Go(func() { w.handle(ctx, n) })
	}
	wg.Wait()
	return len(due)
}

// unread logs that the record could not be read, unless it is because we are stopping.
func (w *Worker) unread(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		w.Log.WarnContext(ctx, "notices of logouts could not be read", "error", err)
	}
}

// handle makes one try, and records its result.
func (w *Worker) handle(ctx context.Context, n store.LogoutNotice) {
	failure := w.deliver(ctx, n)
	if failure != nil && ctx.Err() != nil {
		return // we are stopping; the claim expires
	}
	result, settle := w.next(n, failure)
	if failure != nil {
		w.Log.WarnContext(ctx, "an app was not notified of a logout", "client", n.ClientID, "try", n.Tries, "result", result, "error", failure)
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

// delayAfter returns how long to wait after that many tries.
func delayAfter(tries int) time.Duration {
	delay := firstDelay
	for range min(tries, maxTries) - 1 {
		delay *= growth
	}
	return delay
}

// errNobody says that the client wants no notices.
var errNobody = errors.New("the app does not accept notices")

// target returns where a notice goes, and what it is signed with: as the client says now or,
// for a client that was deleted and may have been replaced by another, where it said when the
// session ended, and the default.
func (w *Worker) target(ctx context.Context, n store.LogoutNotice) (uri string, signing store.SigningChoice, err error) {
	client, err := w.Clients.ClientByID(ctx, n.ClientID)
	uri, signing = client.BackchannelLogoutURI, client.IDTokenSigning
	if errors.Is(err, store.ErrNotFound) || err == nil && client.CreatedAt.After(n.CreatedAt) {
		uri, signing, err = n.URI, store.SigningChoice{}, nil
	}
	if err != nil {
		return "", signing, fmt.Errorf("reading a client: %w", err)
	}
	if uri == "" {
		return "", signing, errNobody
	}
	return uri, signing, nil
}

// deliver posts the logout token (§2.5). The token has `sid` even if the client does not
// require it: without it, the client would have to end all of the user's sessions.
func (w *Worker) deliver(ctx context.Context, n store.LogoutNotice) error {
	uri, signing, err := w.target(ctx, n)
	if err != nil {
		return err
	}
	token, err := w.Tokens.Logout(ctx, n.ClientID, signing, n.Sub, n.SessionID)
	if err != nil {
		return fmt.Errorf("making a logout token: %w", err)
	}
	return w.post(ctx, uri, token)
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
		return fmt.Errorf("notifying an app: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswerBytes)
	if resp.StatusCode < 200 || resp.StatusCode > 299 { // §2.8; some frameworks turn a 200 into a 204
		return fmt.Errorf("notifying an app: it answered %d", resp.StatusCode)
	}
	return nil
}

// maxAnswerBytes is how much of an answer is read, so that the connection can be reused.
const maxAnswerBytes = 4 << 10
