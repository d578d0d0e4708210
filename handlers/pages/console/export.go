package console

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/audit"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// Exports is what a download of people needs: the people, and the record of it.
type Exports struct {
	People interface {
		Batch(ctx context.Context, parameters url.Values, after *store.UserPosition, upTo int64, n int) (account.Batch, error)
	}
	Evidence interface {
		Audit(ctx context.Context, e store.AuditEvent) error
	}
}

const (
	// exportBatch is how many people are read and sent at a time, and exportPatience how long
	// that may take: the whole may take longer than any other answer.
	exportBatch    = 500
	exportPatience = 30 * time.Second
)

// Export sends the people whom the form selects as a file, and puts on record how many they
// were. It answers a form and not a link, so that no other site can start it.
func (e People) Export(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	query := only(me.Form, account.Browsing()...)
	first, err := e.Exports.People.Batch(r.Context(), query, nil, 0, exportBatch)
	if _, bad := errors.AsType[*fields.Errors](err); bad {
		return errNoSelection
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="people-`+e.Now().UTC().Format("2006-01-02")+`.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	ctx := context.WithoutCancel(r.Context())
	sent, err := e.send(ctx, w, query, first)
	event := audit.Event{Actor: me.Actor().String(), What: audit.PeopleExported{People: sent, Complete: err == nil}}
	if recorded := e.Exports.Evidence.Audit(ctx, event.Record(ctx, e.Now())); recorded != nil || err != nil {
		panic(http.ErrAbortHandler) // a partial file must not look complete
	}
	return nil
}

// send writes batch after batch, and returns how many people it has written.
func (e People) send(ctx context.Context, w http.ResponseWriter, query url.Values, some account.Batch) (sent int64, err error) {
	file, line := csv.NewWriter(w), http.NewResponseController(w)
	if err := file.Write([]string{"id", "sub", "username", "email", "email_verified", "first_name", "last_name", "role", "is_active", "second_factor", "date_joined", "last_login"}); err != nil {
		return 0, err
	}
	for {
		_ = line.SetWriteDeadline(time.Now().Add(exportPatience)) //nolint:forbidigo // of the connection
		for _, u := range some.Users {
			if err := file.Write(cells(u)); err != nil {
				return sent, err
			}
		}
		if file.Flush(); file.Error() != nil {
			return sent, file.Error()
		}
		sent += int64(len(some.Users))
		if some.Next == nil {
			return sent, nil
		}
		if some, err = e.batch(ctx, query, some.Next); err != nil {
			return sent, err
		}
	}
}

func (e People) batch(ctx context.Context, query url.Values, after *store.UserPosition) (account.Batch, error) {
	ctx, cancel := context.WithTimeout(ctx, exportPatience)
	defer cancel()
	return e.Exports.People.Batch(ctx, query, after, 0, exportBatch)
}

// cells returns the line of a person.
func cells(u store.User) []string {
	line := []string{
		strconv.FormatInt(u.ID, 10), u.Sub, u.Username, u.Email, strconv.FormatBool(u.EmailVerified), u.FirstName, u.LastName,
		string(u.Role), strconv.FormatBool(u.Active), strconv.FormatBool(u.Factors.Second()), stamp(u.JoinedAt), stamp(u.LastLoginAt),
	}
	for i := range line {
		line[i] = harmless(line[i])
	}
	return line
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless keeps a spreadsheet from reading a name as a formula (OWASP, CSV Injection).
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
