package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers/pages"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// Apps lists the apps.
type Apps struct {
	Site
	Apps apps
}

type apps interface {
	List(ctx context.Context, parameters url.Values) (client.Page, error)
}

// Show shows a page of the list.
func (e Apps) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	query := only(r.URL.Query(), "cursor")
	asked := url.Values{"limit": {many}}
	if query.Has("cursor") {
		asked["cursor"] = query["cursor"]
	}
	found, err := e.Apps.List(r.Context(), asked)
	if _, bad := errors.AsType[*fields.Errors](err); bad { // a mark that is no longer good
		return pages.SeeOther(w, appsPath)
	}
	if err != nil {
		return err
	}
	return pages.Show(w, r, web.ConsoleApps, http.StatusOK, web.ConsoleAppsData{Frame: e.frame(w, r, me, "apps"), Apps: e.appsIn(r, found, query)})
}

// appsIn returns the apps that were found.
func (s Site) appsIn(r *http.Request, found client.Page, query url.Values) web.List[web.AppRow] {
	list := web.List[web.AppRow]{Total: int(found.Total), Next: next(appsPath, query, found.Next), First: appsPath, Later: query.Has("cursor")}
	for _, c := range found.Clients {
		list.Rows = append(list.Rows, web.AppRow{Name: c.Name, ID: c.ID, Kind: kindOf(c), Path: appPath(c.ID), Off: c.Disabled, Used: s.when(r, c.LastUsedAt)})
	}
	return list
}

// kindOf says in a sentence of the catalogues how an app became known, or else what it is.
func kindOf(c store.Client) string {
	switch c.Origin {
	case store.OriginDocument:
		return "by its address"
	case store.OriginDynamic:
		return "registered itself"
	}
	return map[string]string{
		client.Web: "web app with a server", client.SinglePage: "single-page app", client.Native: "native app", client.Machine: "machine", client.Agent: "agent",
	}[client.KindOf(c)]
}
