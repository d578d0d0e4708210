package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/internal/refusal"
	"gatehouse/store"
	"gatehouse/web"
)

const (
	refusalsPath = consolePath + "/refusals"
	// refusalsSince is how far back they are counted.
	refusalsSince = 7 * 24 * time.Hour
	// groupsShown is how many groups the page shows, the largest first.
	groupsShown = 25
)

// Refusals is the page that says what apps and sign-ins were refused, and what mends it.
type Refusals struct {
	Site
	Store refusals
}

type refusals interface {
	pages.Named
	GroupRefusals(ctx context.Context, since time.Time, n int) ([]store.RefusalGroup, error)
	RefusalBySeq(ctx context.Context, seq int64) (store.Refusal, error)
}

// Show lists refusals by kind and app, with the newest of each.
func (e Refusals) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	data := web.ConsoleRefusalsData{Frame: e.frame(w, r, me, "refusals"), App: r.URL.Query().Get("app")}
	most := groupsShown
	if data.App != "" { // its groups may be among the smallest
		most = 10 * groupsShown
	}
	groups, err := e.Store.GroupRefusals(r.Context(), e.Now().Add(-refusalsSince), most)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if data.App != "" && g.ClientID != data.App {
			continue
		}
		newest, err := e.Store.RefusalBySeq(r.Context(), g.LastSeq)
		if errors.Is(err, store.ErrNotFound) { // swept since
			continue
		}
		if err != nil {
			return err
		}
		detail, err := pages.RefusalOf(r, e.Store, e.Now(), newest)
		if err != nil {
			return err
		}
		data.Groups = append(data.Groups, web.RefusalGroup{
			Title: refusal.Of(g.Kind).Title, Times: int(g.Times), Last: e.when(r, g.LastAt), Newest: detail,
		})
	}
	return pages.Show(w, r, web.ConsoleRefusals, http.StatusOK, data)
}
