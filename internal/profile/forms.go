package profile

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // the known time zones must not depend on the machine
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"gatehouse/internal/fields"
)

const (
	maxName     = 150 // code points, as for a first or last name
	maxURLBytes = 2000
)

// A Form is the set of values that an attribute may have.
type Form struct {
	// Name names the schema in the API document, where all attributes of the form share
	// it. Without a name, each attribute has its own copy.
	Name   string
	Schema fields.Schema
	// Read returns a text as it is to be stored, or a fault.
	Read func(text string, now time.Time) (kept, fault string)
}

// flag is a boolean, which callers cannot send.
var flag = Form{Schema: fields.Schema{Type: "boolean"}}

// line is any text of one line.
func line(maxLength int) Form { return plain(maxLength, "") }

// lines is any text. It is stored with LF between its lines, because apps must accept
// CR LF and LF (OIDC Core 1.0 §5.1.1).
func lines(maxLength int) Form {
	form := plain(maxLength, "\n")
	read := form.Read
	form.Read = func(text string, now time.Time) (string, string) {
		return read(strings.ReplaceAll(text, "\r\n", "\n"), now)
	}
	return form
}

func plain(maxLength int, but string) Form {
	odd := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(but, r) }
	return Form{
		Schema: fields.Schema{Type: "string", MaxLength: maxLength},
		Read: func(text string, _ time.Time) (string, string) {
			switch {
			case utf8.RuneCountInString(text) > maxLength:
				return "", fmt.Sprintf("Ensure this field has no more than %d characters.", maxLength)
			case strings.ContainsFunc(text, odd):
				return "", "Control characters are not allowed."
			}
			return text, ""
		},
	}
}

// webAddress is the URL of a page or picture. Apps put it into links and images, so it
// must be http or https: a javascript: URL would run in the app.
var webAddress = Form{
	Name: "WebAddress",
	Schema: fields.Schema{
		Type: "string", Description: "The URL of a page or picture: `https://…` or `http://…`, without a user name. Empty: not known.",
		MaxLength: maxURLBytes, Pattern: "^$|^[Hh][Tt][Tt][Pp][Ss]?://",
	},
	Read: readWebAddress,
}

func readWebAddress(text string, _ time.Time) (string, string) {
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

// birthdate is a date, a date without its year (0000), or only a year (§5.1).
var birthdate = Form{
	Name: "Birthdate",
	Schema: fields.Schema{
		Type: "string", Description: "`YYYY-MM-DD`; `0000-MM-DD` if the year is withheld; or only a year. Empty: not known.",
		Pattern: "^$|^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$",
	},
	Read: readBirthdate,
}

func readBirthdate(text string, now time.Time) (string, string) {
	latest := now.UTC().Add(14 * time.Hour) // in the time zone where a day begins first
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

var zoneForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)

// timeZone is a name of the IANA time zone database.
var timeZone = Form{
	Name:   "TimeZone",
	Schema: fields.Schema{Type: "string", Description: "A name of the IANA time zone database, such as `Europe/Berlin`. Empty: not known.", MaxLength: 100},
	Read:   readTimeZone,
}

func readTimeZone(text string, _ time.Time) (string, string) {
	_, err := time.LoadLocation(text)
	if err != nil || text == "Local" || !zoneForm.MatchString(text) {
		return "", "Enter a time zone of the IANA database, as Europe/Berlin."
	}
	return text, ""
}

// locale is a language tag (BCP 47), stored with hyphens and in the usual case. It may
// come with underscores, which some systems write (§5.1).
var locale = Form{
	Name: "Locale",
	Schema: fields.Schema{
		Type: "string", Description: "A language tag (BCP 47), such as `de` or `pt-BR`; stored with hyphens, in the usual case. Empty: not known.",
		MaxLength: maxTagBytes,
	},
	Read: readLocale,
}

const maxTagBytes = 35 // RFC 5646 §4.4.1

func readLocale(text string, _ time.Time) (string, string) {
	tag, err := language.Raw.Parse(text)
	if err != nil || len(text) > maxTagBytes || tag == language.Und {
		return "", "Enter a language tag, as de or pt-BR."
	}
	return tag.String(), ""
}

var (
	punctuation = strings.NewReplacer(" ", "", "\u00a0", "", "-", "", ".", "", "(", "", ")", "")
	phoneForm   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}(;ext=[0-9]{1,11})?$`)
)

// phoneNumber is stored in the form of E.164, with an extension in the form of RFC 3966
// (§5.1) and without punctuation.
var phoneNumber = Form{
	Name: "PhoneNumber",
	Schema: fields.Schema{
		Type: "string", Description: "With the country code, such as `+49 30 1234567`; stored in the form of E.164, without blanks and punctuation, perhaps with `;ext=…` (RFC 3966). A new number is not verified. Empty: not known.",
		MaxLength: 64,
	},
	Read: readPhoneNumber,
}

func readPhoneNumber(text string, _ time.Time) (string, string) {
	number := punctuation.Replace(text)
	if !phoneForm.MatchString(number) {
		return "", "Enter the number with the country's code, as +49 30 1234567."
	}
	return number, ""
}
