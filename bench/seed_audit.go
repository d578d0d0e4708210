package main

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// auditEvents inserts as many rounds of events as the options say, each with one about
// everybody, spread over the nine days after the one before. The first is by the administrator, as after an act on
// everybody; in the others people sign in, and one in a thousand is refused.
func (f filler) auditEvents(c *crowd, admin store.User) error {
	const lasts, keep = 9 * 24 * time.Hour, 9600 * time.Hour
	if f.dialect.partitions {
		if err := f.exec(sqlstore.SplitAudit(c.now.Add(-time.Duration(c.rounds)*lasts), c.now, keep)); err != nil {
			return err
		}
	}
	for round := range c.rounds {
		actor, kind := "''", fmt.Sprintf("CASE WHEN id %% 1000 = %d THEN '%s' ELSE '%s' END", round, audit.SignInRefused{}.Kind(), audit.SignInOK{}.Kind())
		if round == 0 {
			actor, kind = "'"+audit.UserSubject(admin.Sub)+"'", "'"+audit.UserUpdated{}.Kind()+"'"
		}
		began, step := c.now.Add(-time.Duration(c.rounds-round)*lasts).UnixMilli(), lasts.Milliseconds()/int64(c.size)
		rows := strings.NewReplacer("ACTOR", actor, "KIND", kind, "BEGAN", fmt.Sprint(began), "STEP", fmt.Sprint(step), "ROUND", fmt.Sprint(round), "APP", publicApp.id, "FIRST", fmt.Sprint(firstID)).Replace(
			`INSERT INTO audit_log (happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail)
			SELECT BEGAN + STEP * (id - FIRST), KIND, ACTOR, CONCAT('user:', sub), '', 'APP', '192.0.2.1', CONCAT('ROUND-', sub), '{"method":"password"}'
			FROM users WHERE id >= FIRST ORDER BY id`)
		if err := f.exec(rows); err != nil {
			return err
		}
	}
	return nil
}
