package web

import "net/http"

// consoleAppPages are the pages of an app, filled with a hostile text.
func consoleAppPages(frame Frame) map[string]func(http.ResponseWriter) error {
	when := Moment{evil, evil, evil}
	app := AppHead{Name: evil, ID: evil, Kind: evil, Path: evil, FirstParty: true, Off: true, Used: when, Created: when}
	options := []AppOption{{Name: evil, ID: "an_option", Value: evil, Text: evil, Note: evil, Chosen: true}}
	fields := []AppField{
		{Name: evil, ID: "text", Label: evil, Hint: "`" + evil + "`", Value: evil, Draw: "text", Errors: []string{evil}, Now: evil},
		{Name: evil, ID: "area", Label: evil, Value: evil, Draw: "area"}, {Name: evil, ID: "flag", Label: evil, Value: "on", Draw: "flag"},
		{Name: evil, ID: "choice", Label: evil, Draw: "choice", Options: options}, {Name: evil, ID: "set", Label: evil, Draw: "set", Options: options},
		{Name: evil, ID: "lines", Label: evil, Draw: "lines", Lines: []AppLine{{Name: evil, ID: "line", Value: evil, Errors: []string{evil}, Meant: evil}}},
	}
	fact := []AppFact{{Name: evil, Value: evil, Code: true}, {Name: evil, Value: evil}}
	return map[string]func(http.ResponseWriter) error{
		"console app new": func(w http.ResponseWriter) error {
			return ConsoleAppNew.Render(w, View{}, 422, ConsoleAppNewData{
				Frame: frame, Kinds: []AppKind{{Name: evil, Icon: "server", Title: evil, Text: evil, Such: evil, Will: []string{evil}, Command: evil}},
				Name: fields[0], Returns: fields[5], Scopes: fields[4],
			})
		},
		"console app": func(w http.ResponseWriter) error {
			return ConsoleApp.Render(w, View{}, 200, ConsoleAppData{
				Frame: frame, App: app, Agent: &AppAgent{Host: evil, Document: true, Fetched: when, Allowed: when}, Returns: []string{evil}, Bye: []string{evil},
				Facts: fact, Lives: fact, HasSecret: true, Secrets: []AppSecret{{Old: true, Made: when, Ends: when, Left: evil}}, Grants: fact,
				Scopes: []AppScopes{{API: evil, Scopes: []AppScope{{Token: evil, Text: evil, Used: evil, Sensitive: true}}}}, PasswordOnly: true, Sessions: evil,
				Snippets: []AppSnippet{{Name: evil, Title: evil, Parts: []AppPart{{evil, true}, {evil, false}}}}, Addresses: fact,
			})
		},
		"console app edit": func(w http.ResponseWriter) error {
			return ConsoleAppEdit.Render(w, View{}, 412, ConsoleAppEditData{Frame: frame, App: app, Version: evil, Groups: []AppGroup{{Legend: evil, Fields: fields}}, Effect: evil, Names: evil})
		},
		"console app act": func(w http.ResponseWriter) error {
			return ConsoleAppAct.Render(w, View{}, 422, ConsoleAppActData{Frame: frame, App: app, Version: evil, Path: evil, Heading: evil, Lead: evil, Effects: []string{evil}, Choices: fields[3], Button: evil, Danger: true})
		},
		"console app secret": func(w http.ResponseWriter) error {
			return ConsoleAppSecret.Render(w, View{}, 201, ConsoleAppSecretData{Frame: frame, App: app, Heading: evil, Text: evil, Secret: evil, Issuer: evil})
		},
	}
}
