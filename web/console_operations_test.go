package web

import "net/http"

// operationsPages are the pages about the server itself, filled with a hostile text.
func operationsPages(room Room) map[string]func(http.ResponseWriter) error {
	frame := Frame{Room: room, Said: evil, Problem: evil}
	when, part := Moment{evil, evil, evil}, Part{Text: evil, Name: true, Address: evil}
	told := Told{Parts: []Part{part, {Text: evil}, {Text: evil, Name: true, Code: true}}, Tone: evil}
	event := AuditEvent{ID: evil, Kind: evil, Day: evil, Clock: evil, Told: told, At: when, App: part, IP: evil, Request: evil, Path: evil, Together: evil}
	events := List[AuditEvent]{Rows: []AuditEvent{event}, Next: evil, First: evil, Later: true}
	key := KeyRow{ID: evil, Short: evil, State: evil, Words: evil, Published: when, SignFrom: when, Until: when, Planned: true, Retire: evil}
	row := SessionRow{ID: evil, PersonID: evil, Username: evil, Person: part, App: part, Device: evil, Icon: "laptop", Place: evil, Began: when, Used: when}
	ended := row
	ended.Ended, ended.Why = when, evil
	return map[string]func(http.ResponseWriter) error{
		"console audit": func(w http.ResponseWriter) error {
			return ConsoleAudit.Render(w, View{}, 200, ConsoleAuditData{
				Frame: frame, Asked: AuditAsked{evil, evil, evil, evil, evil, evil, true}, Groups: []AuditGroup{{Value: evil, Text: evil, Chosen: true}}, Events: events, Export: evil, Follow: evil,
			})
		},
		"console audit choices": func(w http.ResponseWriter) error {
			return ConsoleAudit.Render(w, View{}, 200, ConsoleAuditData{Frame: frame, Choices: []Filter{{Text: evil, Address: evil}}})
		},
		"console audit event": func(w http.ResponseWriter) error {
			return ConsoleAuditEvent.Render(w, View{}, 200, ConsoleAuditEventData{
				Frame: frame, Event: event, Actor: part, Subject: Part{Text: evil}, SessionID: evil, JSON: evil,
				Changes: []AuditChange{{evil, evil, evil}}, Others: []AuditChange{{evil, evil, evil}}, Same: []AuditEvent{event},
			})
		},
		"console keys": func(w http.ResponseWriter) error {
			return ConsoleKeys.Render(w, View{}, 200, ConsoleKeysData{
				Frame: frame, Keys: []KeyRow{key}, Rings: []KeyRing{{evil, evil, evil, evil, evil}, {evil, evil, "", evil, evil}}, Every: evil, Label: evil,
				Timeline: Timeline{NowText: evil, Rows: []TimelineRow{{Name: evil, State: evil, End: 1, Bars: []KeyBar{{Kind: evil, Title: evil}}}}, Ticks: []Tick{{Text: evil}}},
			})
		},
		"console key retire": func(w http.ResponseWriter) error {
			return ConsoleKeyRetire.Render(w, View{}, 200, ConsoleKeyRetireData{Frame: frame, Key: key, Effects: []string{evil}})
		},
		"console sessions": func(w http.ResponseWriter) error {
			return ConsoleSessions.Render(w, View{}, 200, ConsoleSessionsData{
				Frame: frame, Of: evil, Lists: []Filter{{Text: evil, Address: evil}}, Sessions: List[SessionRow]{Rows: []SessionRow{row, ended}, Next: evil, First: evil, Later: true},
			})
		},
		"console settings": func(w http.ResponseWriter) error {
			return ConsoleSettings.Render(w, View{}, 200, ConsoleSettingsData{
				Frame: frame, Settings: []SettingRow{{Name: evil, Value: evil, Default: evil, Origin: evil, Meaning: []Part{{Text: evil}, {Text: evil, Code: true}}, Set: true}},
			})
		},
	}
}
