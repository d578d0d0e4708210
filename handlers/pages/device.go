package pages

import (
	"net/http"
	"strings"
)

// A mark is a part of a user agent, and what it says.
type mark struct{ part, name string }

// The browsers and systems by their marks, the more special ones first: most user agents
// also name the browsers that they resemble. The icon of a system follows its name.
var (
	browsers = []mark{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"}, {"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []mark{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
	}
)

// Device says in plain words what a user agent says of itself, and returns the name of an
// icon. Nobody has checked it: it helps its owner to recognize the device.
func Device(r *http.Request, agent string) (words, icon string) {
	system := namedBy(systems, agent)
	icon = "laptop"
	switch system {
	case "iPhone", "iPad", "Android":
		icon = "phone"
	}
	if browser := namedBy(browsers, agent); browser != "" && strings.HasPrefix(agent, "Mozilla/") {
		if system == "" {
			return browser, icon
		}
		return Say(r, "%s on %s", browser, system), icon
	}
	name, _, _ := strings.Cut(agent, "/")
	name, _, _ = strings.Cut(name, " ")
	switch {
	case name == "" || name == "Mozilla":
		return Say(r, "An unknown device"), icon
	case system != "":
		return Say(r, "%s on %s", name, system), icon
	}
	return Say(r, "A program (%s)", name), "terminal"
}

func namedBy(marks []mark, agent string) string {
	for _, m := range marks {
		if strings.Contains(agent, m.part) {
			return m.name
		}
	}
	return ""
}
