package sqlstore

import (
	"context"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// The lists of everybody's sessions walk along one index each, and stop after n rows,
// whether those still live or not.
const (
	afterMark = " AND %[1]screated_at <= ? AND (%[1]screated_at < ? OR %[1]sid < ?) ORDER BY %[1]screated_at DESC, %[1]sid DESC LIMIT ?"

	newestSessions = "SELECT %s, %s, %s AND s.auth_time >= " + epochBegan + " AND s.token_exp > ? AS lives FROM sessions s%s JOIN users u ON u.id = s.user_id%s WHERE s.ended_at = 0"
	endedSessions  = "SELECT %s, %s FROM sessions s%s JOIN users u ON u.id = s.user_id WHERE s.ended_at > 0 ORDER BY s.ended_at DESC, s.created_at DESC, s.id DESC LIMIT ?"
	newestBrowsers = "SELECT %s, %s, %s AND b.auth_time >= " + epochBegan + " AND b.expires_at > ? AS lives FROM browser_sessions b%s JOIN users u ON u.id = b.user_id WHERE b.ended_at = 0"
)

// along returns the hint that a statement uses an index.
func (d *DB) along(index string) string { return fmt.Sprintf(d.Dialect.UseIndex, index) }

func (d *DB) newestSessions() string {
	return fmt.Sprintf(newestSessions, sessionTable.selected, userTable.selected, sessionStands, d.along("sessions_began"),
		joinClient("s.")+joinConsent("s.")+joinBrowser("s.")) + fmt.Sprintf(afterMark, "s.")
}

func (d *DB) newestBrowsers() string {
	return fmt.Sprintf(newestBrowsers, browserTable.selected, userTable.selected, browserStands, d.along("browser_sessions_began")) + fmt.Sprintf(afterMark, "b.")
}

func (d *DB) endedSessions() string {
	return fmt.Sprintf(endedSessions, sessionTable.selected, userTable.selected, d.along("sessions_began"))
}

// from returns the arguments of a page of n rows after the mark.
func from(after store.Mark, now time.Time, n int) []any {
	if after == (store.Mark{}) {
		after.Millis = math.MaxInt64
	}
	return []any{millis(now), after.Millis, after.Millis, after.ID, n}
}

// NewestSessions implements store.Sessions.
func (d *DB) NewestSessions(ctx context.Context, after store.Mark, now time.Time, n int) (page store.SessionPage, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		page = store.SessionPage{}
		rows := 0
		return engine.Rows(db, d.newestSessions(), from(after, now, n), func(s engine.Scanner) error {
			var one store.SessionOf
			var lives bool
			err := s.Scan(sessionTable.dest(&one.Session, userTable.dest(&one.User, &lives)...)...)
			if rows++; rows == n {
				page.Next = store.Mark{Millis: millis(one.CreatedAt), ID: one.ID}
			}
			if lives {
				page.Sessions = append(page.Sessions, one)
			}
			return err
		})
	})
	return page, err
}

// NewestBrowsers implements store.Browsers.
func (d *DB) NewestBrowsers(ctx context.Context, after store.Mark, now time.Time, n int) (page store.BrowserPage, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		page = store.BrowserPage{}
		rows := 0
		return engine.Rows(db, d.newestBrowsers(), from(after, now, n), func(s engine.Scanner) error {
			var one store.BrowserOf
			var lives bool
			err := s.Scan(browserTable.dest(&one.BrowserSession, userTable.dest(&one.User, &lives)...)...)
			if rows++; rows == n {
				page.Next = store.Mark{Millis: millis(one.CreatedAt), ID: one.ID}
			}
			if lives {
				page.Browsers = append(page.Browsers, one)
			}
			return err
		})
	})
	return page, err
}

// EndedSessions implements store.Sessions.
func (d *DB) EndedSessions(ctx context.Context, n int) (ended []store.SessionOf, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		ended = nil
		return engine.Rows(db, d.endedSessions(), []any{n}, func(s engine.Scanner) error {
			var one store.SessionOf
			err := s.Scan(sessionTable.dest(&one.Session, userTable.dest(&one.User)...)...)
			ended = append(ended, one)
			return err
		})
	})
	return ended, err
}
