package account

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // which time zones there are shall not depend on the machine
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

const maxURLBytes = 2000

// line is any text of one line.
func line(maxLength int) func(string) (string, string) { return plain(maxLength, "") }

// lines is any text; its lines are told apart by a line feed alone, as apps read
// them with CR LF or without CR (OIDC Core 1.0 §5.1.1).
func lines(maxLength int) func(string) (string, string) {
	read := plain(maxLength, "\n")
	return func(text string) (string, string) { return read(strings.ReplaceAll(text, "\r\n", "\n")) }
}

func plain(maxLength int, but string) func(string) (string, string) {
	return func(text string) (string, string) {
		switch {
		case utf8.RuneCountInString(text) > maxLength:
			return "", fmt.Sprintf("Ensure this field has no more than %d characters.", maxLength)
		case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(but, r) }):
			return "", "Control characters are not allowed."
		}
		return text, ""
	}
}

// webAddress is the URL of a page or picture. Apps put it into links and images,
// so nothing but the web's own schemes may stand there: a javascript: URL would
// run in the app.
func webAddress(text string) (string, string) {
	odd := func(r rune) bool { return r == '\\' || unicode.IsSpace(r) || unicode.In(r, unicode.C) }
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURLBytes:
		return "", fmt.Sprintf("Ensure this field has no more than %d characters.", maxURLBytes)
	case err != nil, strings.ContainsFunc(text, odd), u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "", "Enter the URL of a web page: it begins with https:// or http://."
	case u.User != nil: // https://bank.example@evil.example
		return "", "A URL has no user name and password here."
	}
	return text, ""
}

// birthdate is a date, one whose year is not told (0000), or a year alone (§5.1).
func birthdate(now time.Time) func(string) (string, string) {
	latest := now.UTC().Add(14 * time.Hour) // where today begins first
	return func(text string) (string, string) {
		born, err := time.Parse(time.DateOnly, text)
		if err != nil && text != "0000" {
			born, err = time.Parse("2006", text)
		}
		if err != nil {
			return "", "Enter a date as YYYY-MM-DD, as 0000-MM-DD if the year shall not be told, or a year alone."
		}
		if born.After(latest) {
			return "", "This date is in the future."
		}
		return text, ""
	}
}

var zoneForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)

// timeZone is a name of the IANA time zone database.
func timeZone(text string) (string, string) {
	_, err := time.LoadLocation(text)
	if err != nil || text == "Local" || !zoneForm.MatchString(text) {
		return "", "Enter a time zone of the IANA database, as Europe/Berlin."
	}
	return text, ""
}

// locale is a language tag (BCP 47), kept with a hyphen and in the usual case; an
// underscore is what some systems write (§5.1).
func locale(text string) (string, string) {
	const longest = 35 // RFC 5646 §4.4.1
	tag, err := language.Raw.Parse(text)
	if err != nil || len(text) > longest || tag == language.Und {
		return "", "Enter a language tag, as de or pt-BR."
	}
	return tag.String(), ""
}

var (
	punctuation = strings.NewReplacer(" ", "", "\u00a0", "", "-", "", ".", "", "(", "", ")", "")
	phoneForm   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}(;ext=[0-9]{1,11})?$`)
)

// phoneNumber is kept as E.164 has it, with an extension in the form of RFC 3966
// (§5.1). What people put between the digits is left out.
func phoneNumber(text string) (string, string) {
	number := punctuation.Replace(text)
	if !phoneForm.MatchString(number) {
		return "", "Enter the number with the country's code, as +49 30 1234567."
	}
	return number, ""
}
