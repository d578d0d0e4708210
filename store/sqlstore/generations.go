package sqlstore

import (
	"database/sql/driver"
	"fmt"

	"gatehouse/store"
)

// A number is a generation on its way to or from a column, where Unread is NULL.
type number store.Generation

// Scan implements sql.Scanner.
func (n *number) Scan(column any) error {
	switch value := column.(type) {
	case nil:
		*n = number(store.Unread)
	case int64:
		*n = number(value)
	default:
		return fmt.Errorf("the column of a generation holds %T", column)
	}
	return nil
}

// Value implements driver.Valuer.
func (n *number) Value() (driver.Value, error) {
	if store.Generation(*n) == store.Unread {
		return nil, nil //nolint:nilnil // NULL
	}
	return int64(*n), nil
}

// The numbers that count now, where a query has joined their tables: users as u, and
// those of joinGenerations.
const (
	userNow    = "u.generation"
	clientNow  = "COALESCE(gc.generation, 0)"
	consentNow = "COALESCE(gk.generation, 0)"

	// withdrawnNow is what the user has taken away of the client.
	withdrawnNow = "COALESCE(gk.withdrawn, '')"

	// consentOrNow is what is written for the number of a consent: itself or, if it is
	// Unread, that which counts now for the user and client.
	consentOrNow = "COALESCE(?, (SELECT g.generation FROM generations g WHERE g.user_id = ? AND g.client_id = ?), 0)"
)

// foundationColumns are the columns of a foundation in the record R. A SELECT returns
// the number that counts now for NULL, which the release before has written: a query
// that selects the columns omits what is dead.
func foundationColumns[R any](part func(*R) *store.Foundation, of func(*R) (userID int64, clientID string)) []column[R] {
	consent := func(r *R) several {
		userID, clientID := of(r)
		return several{(*number)(&part(r).Consent), userID, clientID}
	}
	return []column[R]{
		col("user_gen", func(r *R) any { return (*number)(&part(r).User) }).from("COALESCE(%suser_gen, " + userNow + ")"),
		col("client_gen", func(r *R) any { return (*number)(&part(r).Client) }).from("COALESCE(%sclient_gen, " + clientNow + ")"),
		col("consent_gen", func(r *R) any { return (*number)(&part(r).Consent) }).from("COALESCE(%sconsent_gen, "+consentNow+")").as(consentOrNow, consent),
	}
}

// joinClient and joinConsent join the generations of the client, as gc, and of the
// consent, as gk, to a table with the columns user_id and client_id. A row has a key, so
// each costs one look into an index.
func joinClient(alias string) string {
	return " LEFT JOIN generations gc ON gc.user_id = 0 AND gc.client_id = " + alias + "client_id"
}

func joinConsent(alias string) string {
	return " LEFT JOIN generations gk ON gk.user_id = " + alias + "user_id AND gk.client_id = " + alias + "client_id"
}

// joinBrowser joins the browser session that something began in, as b.
func joinBrowser(alias string) string {
	return " LEFT JOIN browser_sessions b ON b.id = " + alias + "browser_id"
}

// standing is the condition that the generation in a column is the one that counts now.
// A row without one, which the release before has written, is judged by whether it was
// founded after the last end.
func standing(column, now, founded, ended string) string {
	return "COALESCE(" + column + " = " + now + ", " + founded + " > " + ended + ")"
}

// founded is the condition that what was founded on a user, a client and a consent is
// not dead.
//
// A replica of the release before goes on with a browser session, or a code, until the
// rows have followed the user's end. Anything that it founds then has no generation, and came
// after the end, but by a sign-in before it: that is dead, too, unless the browser session
// was spared.
func founded(alias, at string) string {
	const ended = "COALESCE(u.all_ended_at, 0)"
	signedIn := ended + " AND (" + alias + "auth_time > " + ended + " OR COALESCE(b.user_gen = " + userNow + ", 0))"
	return standing(alias+"user_gen", userNow, at, signedIn) +
		" AND " + standing(alias+"client_gen", clientNow, at, "COALESCE(gc.all_ended_at, 0)") +
		" AND " + standing(alias+"consent_gen", consentNow, at, "COALESCE(gk.all_ended_at, 0)")
}
