package mail

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// DefaultEvery is how soon after an act its message is sent.
const DefaultEvery = time.Second

// A Sender sends what waits in the outbox. Every replica has one, and one of them claims
// each message.
type Sender struct {
	DB interface {
		store.Mails
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	Outbox   *Outbox
	Server   Server
	Composer Composer
	// Every is how often the record is read (DefaultEvery).
	Every time.Duration
	// Observe, if set, is called with the result of each try: "sent", "failed" or "given up".
	Observe func(purpose, result string)
	Now     func() time.Time
	Log     *slog.Logger
}

const (
	// batch is how many messages are claimed at once, and sent over one connection: a turn.
	batch = 8
	// places is how many turns there are at the same time.
	places = 4
	// claimed is how long a claim holds: longer than a turn takes, in which every message
	// has all the patience there is. If a replica dies, another one can claim its messages
	// after that.
	claimed = 5 * time.Minute
	// firstDelay doubles with each further try, up to maxDelay.
	firstDelay = 5 * time.Second
	maxDelay   = time.Hour
	// grace is how long a message that is being sent may take once the process is told to
	// stop.
	grace = 3 * time.Second
)

// delayAfter returns how long to wait after that many tries.
func delayAfter(tries int) time.Duration {
	delay := firstDelay
	for range tries - 1 {
		if delay *= 2; delay >= maxDelay {
			return maxDelay
		}
	}
	return delay
}

// Run sends messages until ctx ends, and waits for those that are being sent.
func (s *Sender) Run(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	var turns sync.WaitGroup
	defer turns.Wait()
	free, more := make(chan struct{}, places), make(chan struct{}, 1)
	for {
		s.begin(ctx, &turns, free, more)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-more:
		}
	}
}

// begin begins turns while there are messages due and places free. More is told when a
// place gets free and messages may be left.
func (s *Sender) begin(ctx context.Context, turns *sync.WaitGroup, free, more chan struct{}) {
	for ctx.Err() == nil {
		select {
		case free <- struct{}{}:
		default:
			return
		}
		mine := s.claim(ctx)
		if len(mine) == 0 {
			<-free
			return
		}
		turns.Go(func() {
			s.turn(ctx, mine)
			<-free
			select {
			case more <- struct{}{}:
			default: // the next look is ordered already
			}
		})
	}
}

func (s *Sender) claim(ctx context.Context) []store.Mail {
	now := s.Now()
	due, err := s.DB.ClaimMails(ctx, now, now.Add(claimed), batch)
	if err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "waiting mail could not be read", "error", err)
	}
	return due
}

// turn makes one try for each message.
func (s *Sender) turn(ctx context.Context, mine []store.Mail) {
	working, cancel := outlive(ctx)
	defer cancel()
	conn, err := s.Server.connect(working)
	if err != nil {
		s.Log.WarnContext(ctx, "the mail server does not take mail", "server", s.Server.Address(), "waiting", len(mine), "error", err)
		for _, m := range mine {
			s.failed(ctx, m, content{}, &failure{reason: "connection", cause: err})
		}
		return
	}
	defer conn.close()
	for i, m := range mine {
		if ctx.Err() != nil || s.Now().After(m.NextTry.Add(-s.Server.patience())) {
			s.release(ctx, mine[i:])
			return
		}
		if s.try(ctx, conn, m); conn.broken {
			s.release(ctx, mine[i+1:])
			return
		}
	}
}

// try makes one try for a message, and records its result.
func (s *Sender) try(ctx context.Context, conn *connection, m store.Mail) {
	what, err := s.Outbox.open(m)
	if err != nil {
		s.failed(ctx, m, what, &failure{reason: "unreadable", final: true, cause: err})
		return
	}
	if !what.Until.IsZero() && !s.Now().Before(what.Until) {
		s.failed(ctx, m, what, &failure{reason: "outdated", final: true})
		return
	}
	msg, err := s.Composer.compose(m, what)
	if err != nil {
		s.failed(ctx, m, what, &failure{reason: "template", cause: err})
		return
	}
	if failed := conn.send(msg, what.To); failed != nil {
		s.Log.WarnContext(ctx, "a mail was not sent", "purpose", m.Purpose, "try", m.Tries, "error", failed)
		s.failed(ctx, m, what, failed)
		return
	}
	s.observe(m.Purpose, "sent")
	s.settle(ctx, m, what, audit.MailSent{Purpose: m.Purpose})
}
