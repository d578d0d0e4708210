package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
	"gatehouse/web"
)

// APIs lists the APIs.
type APIs struct {
	Site
	APIs apiService
}

type apiService interface {
	List(ctx context.Context, parameters url.Values) (apis.Page, error)
	All(ctx context.Context) ([]store.API, error)
	Get(ctx context.Context, id string) (store.API, error)
	Create(ctx context.Context, actor authz.Actor, in apis.Input) (store.API, error)
	Update(ctx context.Context, actor authz.Actor, id string, in apis.Input, replaceAll bool) (store.API, error)
	Delete(ctx context.Context, actor authz.Actor, id string, shown version.Tag) error
	Metadata(a store.API) (apis.Metadata, string, error)
	Reach(ctx context.Context, a store.API) (apis.Reach, error)
}

// inspectorPath is beside the APIs, since it judges what they get.
const inspectorPath = consolePath + "/inspector"

// apiRoutes are the pages of APIs and of the inspector. They are for administrators alone.
func (e Endpoints) apiRoutes() []handlers.Route {
	list := APIs{Site: e.Site, APIs: e.APIs}
	api := API{Site: e.Site, APIs: e.APIs, Previews: e.Previews}
	inspector := Inspector{Site: e.Site, Tokens: e.Tokens, APIs: e.APIs}
	const fresh, one = apisPath + "/new", apisPath + "/{id}"
	return []handlers.Route{
		e.shown(apisPath, authz.ManageClients, list.Show),
		e.shown(fresh, authz.ManageClients, api.New),
		e.sent(fresh, authz.ManageClients, api.Create),
		e.shown(one, authz.ManageClients, api.Show),
		e.sent(one, authz.ManageClients, api.Save),
		e.shown(one+"/delete", authz.ManageClients, api.Ask),
		e.sent(one+"/delete", authz.ManageClients, api.Delete),
		e.shown(inspectorPath, authz.ManageClients, inspector.Show),
		e.sent(inspectorPath, authz.ManageClients, inspector.Judge),
	}
}

// Show shows a page of the list.
func (e APIs) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	query := only(r.URL.Query(), "cursor")
	asked := url.Values{"limit": {many}}
	if query.Has("cursor") {
		asked["cursor"] = query["cursor"]
	}
	found, err := e.APIs.List(r.Context(), asked)
	if _, bad := errors.AsType[*fields.Errors](err); bad { // a mark that is no longer good
		return pages.SeeOther(w, apisPath)
	}
	if err != nil {
		return err
	}
	list := web.List[web.APIRow]{Total: int(found.Total), Next: next(apisPath, query, found.Next), First: apisPath, Later: query.Has("cursor")}
	for _, a := range found.APIs {
		list.Rows = append(list.Rows, web.APIRow{
			ID: a.ID, Name: a.Name, Identifier: a.Identifier, Clients: clientRules[a.Clients], Scopes: len(a.Scopes), Own: a.ID == store.OwnAPI, Used: e.when(r, a.LastUsedAt),
		})
	}
	return pages.Show(w, r, web.ConsoleAPIs, http.StatusOK, web.ConsoleAPIsData{Frame: e.frame(w, r, me, "apis"), APIs: list})
}

// clientRules says who may ask for an API, in sentences of the catalogues.
var clientRules = map[string]string{
	store.ClientsListed: "Named apps", store.ClientsRegistered: "Registered apps", store.ClientsAny: "Anyone",
}
