package web

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed languages
var catalogues embed.FS

// A Language is a language of the pages, as a tag (BCP 47). The zero value is English.
type Language string

// The languages. The sentences are written in English, and each is its own key in the
// catalogues of the others.
const (
	English Language = "en"
	German  Language = "de"
)

// Languages returns the languages in the order in which they are offered.
func Languages() []Language { return []Language{English, German} }

// Name returns what the language calls itself.
func (l Language) Name() string {
	if l == German {
		return "Deutsch"
	}
	return "English"
}

var offered = language.NewMatcher([]language.Tag{language.English, language.German})

// maxPreference bounds what is read of a list of preferences, in bytes.
const maxPreference = 256

// Choose returns the language for lists of preferences, each in the form of
// Accept-Language (RFC 9110 §12.5.4): the best match of the first list that has one, or
// else English.
func Choose(preferences ...string) Language {
	for _, list := range preferences {
		tags, _, err := language.ParseAcceptLanguage(readable(list))
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, at, confidence := offered.Match(tags...); confidence > language.No {
			return Languages()[at]
		}
	}
	return English
}

// readable returns as much of a list as is read, without what is not a language.
func readable(list string) string {
	if len(list) > maxPreference {
		list = list[:max(0, strings.LastIndexByte(list[:maxPreference], ','))]
	}
	return strings.Join(slices.DeleteFunc(strings.Split(list, ","), func(tag string) bool {
		_, _, err := language.ParseAcceptLanguage(tag)
		return err != nil
	}), ",")
}

// forms are a sentence by plural form (Unicode TR 35): "other" alone, unless the sentence
// has a number that matters.
type forms map[string]string

// UnmarshalJSON reads a string, or an object of forms.
func (f *forms) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*f = forms{"other": one}
		return nil
	}
	all := map[string]string{}
	err := json.Unmarshal(raw, &all)
	*f = all
	return err
}

// german is the catalogue of German. It is read when somebody first needs it: most of what
// the server answers is for programs, and a start would take a third longer.
var german = sync.OnceValue(func() map[string]forms { return catalogue(German) })

// sentences returns the catalogue of the language; English has none.
func (l Language) sentences() map[string]forms {
	if l == German {
		return german()
	}
	return nil
}

func catalogue(l Language) map[string]forms {
	body, err := catalogues.ReadFile("languages/" + string(l) + ".json")
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	all := map[string]forms{}
	if err := json.Unmarshal(body, &all); err != nil {
		panic(fmt.Sprintf("languages/%s.json: %v", l, err)) // cannot happen: tests read all of it
	}
	return all
}

// Say returns a sentence in the language, with the arguments in the places of its verbs
// as fmt.Sprintf puts them; numbers are written as the language writes them.
func (l Language) Say(sentence string, args ...any) string {
	if translated, ok := l.sentences()[sentence]; ok {
		sentence = translated["other"]
	}
	return l.format(sentence, args)
}

// Count is Say for a sentence whose first argument is a number: one is the sentence for 1
// in English, and other that for all others, which is the key in the catalogues.
func (l Language) Count(one, other string, n int, args ...any) string {
	args = append([]any{n}, args...)
	translated, ok := l.sentences()[other]
	switch {
	case ok && plural.Cardinal.MatchPlural(l.tag(), n, 0, 0, 0, 0) == plural.One:
		return l.format(translated["one"], args)
	case ok:
		return l.format(translated["other"], args)
	case n == 1:
		return l.format(one, args)
	}
	return l.format(other, args)
}

func (l Language) tag() language.Tag {
	if l == German {
		return language.German
	}
	return language.English
}

func (l Language) format(sentence string, args []any) string {
	if len(args) == 0 {
		return sentence
	}
	return message.NewPrinter(l.tag()).Sprintf(sentence, args...)
}

// Told returns a finished message of another package in the language: one that is a key,
// or that a key with verbs was filled in to. Any other stays as it is.
func (l Language) Told(finished string) string {
	if translated, ok := l.sentences()[finished]; ok {
		return translated["other"]
	}
	if l.sentences() == nil || len(finished) > maxTold {
		return finished
	}
	for _, p := range patterns() {
		if found := p.reads.FindStringSubmatch(finished); found != nil {
			return l.fill(p.key, found[1:])
		}
	}
	return l.begun(finished)
}

// begun translates the first sentences of a message, if they are a key; what follows is
// for developers.
func (l Language) begun(finished string) string {
	for at := strings.LastIndex(finished, ". "); at > 0; at = strings.LastIndex(finished[:at], ". ") {
		if translated, ok := l.sentences()[finished[:at+1]]; ok {
			return translated["other"] + finished[at+1:]
		}
	}
	return finished
}

// maxTold is longer than any message that is a sentence of ours, in bytes.
const maxTold = 1024

// fill puts what was found into the places of the key's translation.
func (l Language) fill(key string, found []string) string {
	args := make([]any, len(found))
	for i, f := range found {
		args[i] = l.Told(f)
	}
	return fmt.Sprintf(strings.ReplaceAll(l.sentences()[key]["other"], "%d", "%s"), args...)
}

// A pattern recognizes what a whole sentence with verbs was filled in to. Of several that
// fit, the longest key counts.
type pattern struct {
	key   string
	reads *regexp.Regexp
}

var patterns = sync.OnceValue(func() (all []pattern) {
	for key := range german() {
		if strings.Contains(key, "%") && strings.HasSuffix(key, ".") {
			places := strings.NewReplacer("%s", "(.+?)", "%d", "([0-9,]+)", "%%", "%")
			all = append(all, pattern{key, regexp.MustCompile("^" + places.Replace(regexp.QuoteMeta(key)) + "$")})
		}
	}
	slices.SortFunc(all, func(a, b pattern) int { return cmp.Or(len(b.key)-len(a.key), strings.Compare(a.key, b.key)) })
	return all
})

// markup is Say for templates: the arguments are escaped unless they are markup already.
func (l Language) markup(sentence string, args ...any) template.HTML {
	return template.HTML(l.format(html.EscapeString(l.Say(sentence)), escaped(args))) //nolint:gosec // G203: escaped
}

// countMarkup is Count for templates.
func (l Language) countMarkup(one, other string, n int, args ...any) template.HTML {
	return template.HTML(l.Count(one, other, n, escaped(args)...)) //nolint:gosec // G203: sentences have no markup, and the arguments are escaped
}

func escaped(args []any) []any {
	all := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case int, int64, template.HTML:
			all[i] = a
		default:
			all[i] = html.EscapeString(fmt.Sprint(a))
		}
	}
	return all
}
