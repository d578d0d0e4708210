package console

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/handlers/pages"
)

const (
	// auditBatch is how many events are read at once.
	auditBatch = 1000
	// auditPatience is how long a batch may take to be read and to reach the browser.
	auditPatience = 30 * time.Second
)

// Export sends the events of a filter as JSON lines, as the API has them, the newest first.
// It may take longer than other requests, so each batch has a time of its own. If one
// fails, the answer breaks off: it must not look complete.
func (e Audit) Export(w http.ResponseWriter, r *http.Request, _ pages.Visit) error {
	f, err := e.filterOf(r)
	if err != nil {
		return err
	}
	if f.problem != "" || len(f.choices) > 0 {
		return pages.SeeOther(w, onward(auditPath, f.address, ""))
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="audit-`+e.Now().UTC().Format("2006-01-02")+`.jsonl"`)
	h.Set("Cache-Control", "no-store")
	f.query.Before, f.query.Limit = 0, auditBatch
	for begun := false; ; begun = true {
		last, err := e.batch(w, r, f)
		if err != nil && !begun {
			h.Del("Content-Disposition")
			return err
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if last == 0 {
			return nil
		}
		f.query.Before = last
	}
}

// batch sends one batch, and returns the ID of its last event; 0 if nothing follows.
func (e Audit) batch(w http.ResponseWriter, r *http.Request, f auditFilter) (last int64, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), auditPatience)
	defer cancel()
	found, err := e.list(ctx, f.query, f)
	if err != nil {
		return 0, err
	}
	line := json.NewEncoder(w)
	line.SetEscapeHTML(false)
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Now().Add(auditPatience)) //nolint:forbidigo // the connection's clock
	for _, event := range found {
		if err := line.Encode(api.EventOf(event)); err != nil {
			return 0, err
		}
		last = event.ID
	}
	_ = out.Flush()
	if len(found) < f.query.Limit {
		return 0, nil
	}
	return last, nil
}
