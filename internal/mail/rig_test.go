package mail

import (
	"context"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/mailbox"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// A rig is a sender on a real database and a real mail server, with a clock that tests move.
type rig struct {
	*Sender
	t   *testing.T
	db  *sqlstore.DB
	box *mailbox.Server
	log *testkit.Journal

	mu      sync.Mutex
	now     time.Time
	results []string
}

func newRig(t *testing.T, o mailbox.Options) *rig {
	t.Helper()
	return rigOn(t, testdb.Ready(t), mailbox.OpenWith(t, o), keys.NewDataKey())
}

// rigOn returns one of several replicas.
func rigOn(t *testing.T, dsn string, box *mailbox.Server, key Key) *rig {
	t.Helper()
	r := &rig{t: t, box: box, now: time.Date(2026, 11, 30, 12, 34, 56, 0, time.UTC), log: &testkit.Journal{}}
	log := slog.New(slog.NewTextHandler(r.log, nil))
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: r.clock, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	server, err := ParseServer(box.URL)
	if err != nil {
		t.Fatalf("reading the URL of the mail server: %v", err)
	}
	templates, err := LoadTemplates("")
	if err != nil {
		t.Fatalf("loading the templates: %v", err)
	}
	r.db = db
	r.Sender = &Sender{
		DB: db, Server: server, Every: time.Millisecond, Now: r.clock, Log: log,
		Outbox: &Outbox{Key: key, Now: r.clock, Log: log, Refused: func(string) { r.result("", "refused") }},
		Composer: Composer{
			Templates: templates, From: &mail.Address{Name: "Exämple", Address: "no-reply@example.com"},
			Frame: Frame{Brand: "Exämple", Issuer: "https://login.example.com"},
		},
		Observe: r.result,
	}
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) result(_, result string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results = append(r.results, result)
}

// add adds messages, each in a transaction of its own.
func (r *rig) add(messages ...Message) {
	r.t.Helper()
	for _, m := range messages {
		if err := r.db.Write(r.t.Context(), func(tx store.Tx) error { return r.Outbox.Add(tx, m) }); err != nil {
			r.t.Fatalf("adding a mail: %v", err)
		}
	}
}

// round makes one try for each message that is due.
func (r *rig) round() {
	for {
		mine := r.claim(r.t.Context())
		if len(mine) == 0 {
			return
		}
		r.turn(r.t.Context(), mine)
	}
}

// later makes the tries of the next half an hour.
func (r *rig) later() {
	for range 30 {
		r.advance(time.Minute)
		r.round()
	}
}

func (r *rig) waiting() int {
	r.t.Helper()
	n, err := r.db.CountMails(r.t.Context(), 1000)
	if err != nil {
		r.t.Fatalf("counting mails: %v", err)
	}
	return n
}

// evidence returns the subject and the detail of each event of a kind.
func (r *rig) evidence(kind string) (lines []string) {
	r.t.Helper()
	events, err := r.db.ListAudit(r.t.Context(), store.AuditQuery{Kind: kind, Limit: 1000})
	if err != nil {
		r.t.Fatalf("reading the audit log: %v", err)
	}
	for _, e := range events {
		lines = append(lines, e.Subject+" "+string(e.Detail))
	}
	return lines
}

// run runs the sender until the returned function is called, which waits for its end.
func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { r.Run(ctx) })
	return func() { cancel(); ended.Wait() }
}

const (
	ann    = "ann@example.org"
	secret = "https://login.example.com/reset?token=a-secret"
)

func reset(to string) Message {
	return Message{Purpose: Reset, To: to, UserID: 7, Sub: "sub-of-ann", Data: map[string]string{"Link": secret, "Username": "ann"}}
}

// contains wants each of the words in a text.
func contains(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s lacks %q, want it there:\n%s", what, word, text)
		}
	}
}

// lacks wants none of the words in a text.
func lacks(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(text, word) {
			t.Errorf("%s has %q, want it hidden:\n%s", what, word, text)
		}
	}
}
