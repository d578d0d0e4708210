// Package console holds the pages for administrators and staff: each is one file here, one
// template and one line in the table. The services decide, as for the API.
//
//	GET  shows the page to those whose role permits it at this request
//	POST makes a change at the same path, and answers with a redirect to a page that says
//	     what was done, or with the form and what is wrong with it
//
// A form says what it changes before it does, and carries the version of what it was shown
// for. If that has changed meanwhile, it comes back with all that was typed (status 412).
package console

import (
	"slices"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/authz"
)

// The paths of the pages. The templates repeat them.
const (
	consolePath = "/console"
	peoplePath  = consolePath + "/people"
	bulkPath    = consolePath + "/bulk"
	appsPath    = consolePath + "/apps"
	apisPath    = consolePath + "/apis"
	auditPath   = consolePath + "/audit"
)

// Endpoints are the pages of the console.
type Endpoints struct {
	Site
	People people
	Apps   apps
	// Clients registers apps and changes them, and Records and Scopes know more of them.
	Clients registry
	Records appRecords
	Scopes  explainer
	APIs    apiService
	// Previews makes examples of tokens, and Tokens judges real ones.
	Previews previewer
	Tokens   inspector
	Overview Overview // without what it shares with the others
	// Refused says what was refused.
	Refused refusals
	// Browsing, Exports and Bulk are for the list of people.
	Browsing browsing
	Exports  Exports
	Bulk     acts
	// Person are the services of one person's pages.
	Person PersonServices
	// Operations are for the pages about the server itself.
	Operations Operations
}

// Table returns the table of the pages.
func (e Endpoints) Table() handlers.Table {
	overview := e.Overview
	overview.Site, overview.People, overview.Apps = e.Site, e.People, e.Apps
	people := People{Site: e.Site, People: e.Browsing, Exports: e.Exports}
	bulk := Bulk{Site: e.Site, Bulk: e.Bulk}
	apps := Apps{Site: e.Site, Apps: e.Apps}
	app := App{Site: e.Site, Apps: e.Clients, Records: e.Records, Scopes: e.Scopes}
	newApp := AppNew{Site: e.Site, Apps: e.Clients}
	editApp := AppEdit{Site: e.Site, Apps: e.Clients, Records: e.Records}
	acts := AppAct{Site: e.Site, Apps: e.Clients, Records: e.Records}
	return pages.Table(e.Issuer, append(slices.Concat(acts.routes(authz.ManageClients), e.apiRoutes(), e.personRoutes(), e.operationRoutes()),
		e.shown(consolePath, authz.ReadPeople, overview.Show),
		e.shown(refusalsPath, authz.InspectPeople, Refusals{Site: e.Site, Store: e.Refused}.Show),
		e.shown(peoplePath, authz.ReadPeople, people.Show),
		e.sent(peoplePath, authz.InspectPeople, people.Export),
		e.shown(bulkPath, authz.ChangePeople, bulk.Show),
		e.sent(bulkPath, authz.ChangePeople, bulk.Begin),
		e.shown(bulkPath+"/{job}", authz.ChangePeople, bulk.Job),
		e.sent(bulkPath+"/{job}", authz.ChangePeople, bulk.Stop),
		e.shown(appsPath, authz.ManageClients, apps.Show),
		e.shown(appsPath+"/new", authz.ManageClients, newApp.Show),
		e.sent(appsPath+"/new", authz.ManageClients, newApp.Create),
		e.shown(appsPath+"/{id}", authz.ManageClients, app.Show),
		e.sent(appsPath+"/{id}", authz.ManageClients, app.Stop),
		e.shown(appsPath+"/{id}/edit", authz.ManageClients, editApp.Show),
		e.sent(appsPath+"/{id}/edit", authz.ManageClients, editApp.Change),
	)...)
}
