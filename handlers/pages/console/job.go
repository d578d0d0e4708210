package console

import (
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/bulk"
	"gatehouse/store"
	"gatehouse/web"
)

// Job shows how far an act on many people has come or, for a script, that part alone.
func (e Bulk) Job(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	j, err := e.Bulk.Job(r.Context(), me.Actor(), r.PathValue("job"))
	if errors.Is(err, store.ErrNotFound) {
		return handlers.ErrNotFound
	}
	if err != nil {
		return err
	}
	page, data := web.ConsoleJob, web.ConsoleJobData{Job: e.jobOf(r, j)}
	if r.URL.Query().Get(partParam) != "" {
		page, data.Room = web.ConsoleJobProgress, pages.RoomOf(me.User)
	} else {
		data.Frame = e.frame(w, r, me, "people")
	}
	return pages.Show(w, r, page, http.StatusOK, data)
}

// Stop tells an act to stop.
func (e Bulk) Stop(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	stopped, err := e.Bulk.Stop(r.Context(), me.Actor(), r.PathValue("job"))
	if err != nil {
		return err
	}
	message := pages.Say(r, "It had ended already.")
	if stopped {
		message = pages.Say(r, "It stops after the people whose turn it is.")
	}
	return e.done(w, me, r.URL.Path, message)
}

// jobOf returns an act as the pages show it.
func (s Site) jobOf(r *http.Request, j store.BulkJob) web.Job {
	return web.Job{
		Address: bulkPath + "/" + j.ID, Deactivate: bulk.Act(j.Act) == bulk.Deactivate, Outcome: string(j.Outcome),
		Going: j.FinishedAt.IsZero(), Expected: int(j.Expected), Seen: int(j.Seen()), Changed: int(j.Changed), Skipped: int(j.Skipped), Failed: int(j.Failed),
		Begun: s.when(r, j.CreatedAt), Ended: s.when(r, j.FinishedAt), Rest: rest(j),
	}
}

// rest returns the path of the dry run with which a stopped act goes on. Those whose turn has
// been are not counted again, or are left as they are.
func rest(j store.BulkJob) string {
	selection, err := bulk.SelectionOf(j)
	if err != nil || j.Outcome != store.BulkStopped {
		return ""
	}
	query := url.Values{"act": {j.Act}}
	for _, field := range hidden(selection.Parameters, selection) {
		query.Add(field.Name, field.Value)
	}
	return bulkPath + "?" + query.Encode()
}
