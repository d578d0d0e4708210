package web

import "net/http"

// accountPages are the pages of the account, filled with a hostile text.
func accountPages(room Room) map[string]func(http.ResponseWriter) error {
	when := Moment{evil, evil, evil}
	frame := Frame{Room: room, Said: evil, Problem: evil}
	field := AccountField{Name: "a_name", ID: "a_name", Label: evil, Value: evil, Type: "text", Autocomplete: evil, Hint: evil, Errors: []string{evil}}
	lines, secret := field, field
	lines.ID, lines.Lines = "lines", true
	secret.ID, secret.Type = "secret", "password"
	form := AccountFormData{Frame: frame, HasPassword: true, Groups: []AccountFields{{Legend: evil, Fields: []AccountField{field, lines, secret}}}}
	rows := []AccountRow{{Icon: "lock", Title: evil, Text: evil, Chip: evil, Tone: "ok", When: when, Link: evil, Action: evil}, {Title: evil, Text: evil}}
	sessions := []AccountSession{{Sub: evil, ID: evil, App: evil, Icon: "phone", Device: evil, IP: evil, Used: when, Since: when}}
	return map[string]func(http.ResponseWriter) error{
		"account overview": func(w http.ResponseWriter) error {
			return AccountOverview.Render(w, View{}, 200, AccountOverviewData{
				Frame: frame, Protection: AccountProtection{Title: evil, Text: evil, Link: evil, Action: evil},
				Profile: rows, SigningIn: rows, Sessions: rows, Apps: rows, Activity: rows, SessionsMore: evil, AppsMore: evil,
			})
		},
		"account profile":  func(w http.ResponseWriter) error { return AccountProfile.Render(w, View{}, 422, form) },
		"account password": func(w http.ResponseWriter) error { return AccountPassword.Render(w, View{}, 422, form) },
		"account username": func(w http.ResponseWriter) error { return AccountName.Render(w, View{}, 422, form) },
		"account email":    func(w http.ResponseWriter) error { return AccountEmail.Render(w, View{}, 422, form) },
		"account sessions": func(w http.ResponseWriter) error {
			return AccountSessions.Render(w, View{}, 200, AccountSessionsData{
				Frame: frame, Others: true, Apps: sessions,
				Browsers: []AccountBrowser{{ID: evil, Icon: "laptop", Device: evil, IP: evil, Seen: when, Since: when, Apps: sessions}, {This: true, Icon: "laptop"}},
			})
		},
		"account apps": func(w http.ResponseWriter) error {
			return AccountApps.Render(w, View{}, 200, AccountAppsData{Frame: frame, Apps: []AccountApp{{
				ID: evil, Name: evil, Claim: evil, Agent: true, First: when, Used: when,
				Scopes: []AccountScope{{Token: evil, Text: evil, API: evil, Sensitive: true}, {Token: evil, Text: evil}},
			}}})
		},
		"account activity": func(w http.ResponseWriter) error {
			return AccountActivity.Render(w, View{}, 200, AccountActivityData{Frame: frame, Older: evil, Events: []AccountEvent{{Sentence: evil, App: evil, IP: evil, Bad: true, At: when}}})
		},
		"account data": func(w http.ResponseWriter) error {
			return AccountData.Render(w, View{}, 200, AccountDataData{Frame: frame})
		},
		"account delete": func(w http.ResponseWriter) error {
			return AccountDelete.Render(w, View{}, 409, AccountDeleteData{Frame: frame, Effects: []string{evil}, Last: true, Fields: []AccountField{secret}})
		},
		"account deleted": func(w http.ResponseWriter) error { return AccountDeleted.Render(w, View{}, 200, struct{}{}) },
	}
}
