package console

import (
	"net/http"
	"strings"

	"gatehouse/config"
	"gatehouse/handlers/pages"
	"gatehouse/web"
)

// Settings is the page of the settings in force.
type Settings struct {
	Site
	Settings []config.Shown
}

// Show shows each setting with its value, where that comes from, and what it means. Secrets were
// left out before it came here.
func (e Settings) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	data := web.ConsoleSettingsData{Frame: e.frame(w, r, me, "settings")}
	for _, s := range e.Settings {
		row := web.SettingRow{Name: s.Env, Value: s.Value, Default: s.Default, Origin: originOf(r, s), Set: s.From != config.FromDefault, Meaning: coded(s.Doc)}
		if s.Hidden {
			row.Value = pages.Say(r, "not set")
			if s.Given {
				row.Value = pages.Say(r, "set")
			}
			row.Words = true
		}
		if row.Set {
			data.Changed++
		}
		data.Settings = append(data.Settings, row)
	}
	return pages.Show(w, r, web.ConsoleSettings, http.StatusOK, data)
}

// originOf says where a value comes from.
func originOf(r *http.Request, s config.Shown) string {
	switch s.From {
	case config.FromDefault:
		return pages.Say(r, "default")
	case config.FromEnvironment:
		return pages.Say(r, "environment: %s", s.Origin)
	case config.FromFlag:
		return pages.Say(r, "command line: %s", s.Origin)
	case config.Derived:
		return pages.Say(r, "derived: %s", s.Origin)
	}
	return pages.Say(r, "file: %s", s.Origin)
}

// coded splits a text at its backticks: what is between two of them is code.
func coded(text string) (parts []web.Part) {
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			parts = append(parts, web.Part{Text: part, Code: i%2 == 1})
		}
	}
	return parts
}
