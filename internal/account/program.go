package account

import "strings"

// words are what a User-Agent is recognised by, and what people call it; the first that
// matches counts, because most programs also name the one that they imitate.
type words [][2]string

var (
	browsers = words{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = words{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

func (w words) in(agent string) string {
	for _, word := range w {
		if strings.Contains(agent, word[0]) {
			return word[1]
		}
	}
	return ""
}

// Program returns what a User-Agent says, in a few words, such as "Firefox, Linux"; empty if
// it says nothing that is known. None of its own text is in it, because anybody can send any.
func Program(agent string) string {
	browser, system := browsers.in(agent), systems.in(agent)
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + ", " + system
}
