package web

import "net/http"

// apiPages are the pages of APIs and of the inspector, filled with a hostile text.
func apiPages(room Room, when Moment) map[string]func(http.ResponseWriter) error {
	frame := Frame{Room: room, Said: evil, Problem: evil}
	options := []Option{{Value: evil, Text: evil, Hint: evil, Chosen: true}}
	preview := APIPreview{Reads: []Scope{{Text: evil, API: evil, Sensitive: true}}, Header: evil, Claims: evil, Document: evil, Address: evil, Environment: evil, Languages: []Filter{{Text: evil, Address: evil, Chosen: true}}, Snippets: Snippets("go", "at+jwt")}
	faults := map[string][]string{"name": {evil}, "identifier": {evil}, "scopes": {evil}, "clients": {evil}, "listed_clients": {evil}}
	api := ConsoleAPIData{
		Frame: frame, ID: evil, Path: evil, Name: evil, Identifier: evil, Typed: evil, Version: evil, Holders: evil, Used: when, Clients: options, Admits: []string{evil}, Listed: evil,
		TokenTypes: options, Algorithms: options, SignsFrom: evil, Lifetime: evil, Carried: options, Introspection: evil, Live: evil, Faults: faults, Effects: []string{evil}, Confirm: evil, APIPreview: preview,
		Scopes: []APIScopeRow{{Name: evil, Text: evil, There: true, Holders: 2}, {At: 1, Name: evil}},
	}
	lines, own := api, api
	lines.Lines, lines.New, own.Own = evil, true, true
	fact := []InspectorFact{{Name: evil, Value: evil, Note: evil, Link: evil, Linked: evil, Tone: "danger"}}
	judged := &InspectorVerdict{Verdict: evil, Text: evil, Status: 401, Code: evil, Ending: evil, Steps: []InspectorStep{{evil, evil, "bad"}, {evil, evil, "good"}, {evil, evil, ""}}, Header: fact, Claims: fact, JSON: evil, Mend: []string{evil}, Request: evil}
	render := func(data ConsoleAPIData) func(http.ResponseWriter) error {
		return func(w http.ResponseWriter) error { return ConsoleAPI.Render(w, View{}, 422, data) }
	}
	return map[string]func(http.ResponseWriter) error{
		"console apis": func(w http.ResponseWriter) error {
			rows := List[APIRow]{Rows: []APIRow{{ID: evil, Name: evil, Identifier: evil, Clients: evil, Scopes: 3, Own: true, Used: when}}, Next: evil, First: evil, Later: true}
			return ConsoleAPIs.Render(w, View{}, 200, ConsoleAPIsData{Frame: frame, APIs: rows})
		},
		"console api": render(api), "console api in lines": render(lines), "console api of our own": render(own),
		"console api delete": func(w http.ResponseWriter) error {
			return ConsoleAPIDelete.Render(w, View{}, 412, ConsoleAPIDeleteData{Frame: frame, ID: evil, Name: evil, Identifier: evil, Version: evil, Effects: []string{evil}})
		},
		"console inspector": func(w http.ResponseWriter) error {
			return ConsoleInspector.Render(w, View{}, 200, ConsoleInspectorData{Frame: frame, APIs: options, Scope: evil, Judged: judged})
		},
	}
}
