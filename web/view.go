package web

import (
	"cmp"
	"html"
	"html/template"
	"net/url"
	"strings"
	"unicode"
)

// A View is what the pages of one request have in common besides their data.
type View struct {
	// Base is the path of the issuer, below which the server's own addresses are, or "".
	Base     string
	Language Language
	// Brand is nil for Gatehouse's own.
	Brand *Brand
	// Query is the query of the page's address, and Repeats says that a GET of it shows the
	// page again: then it offers the other language.
	Query   url.Values
	Repeats bool
}

// A look is the part of views that templates are made for.
type look struct {
	Base     string
	Language Language
	Brand    *Brand
}

func (v View) look() look {
	return look{v.Base, cmp.Or(v.Language, English), cmp.Or(v.Brand, plain)}
}

// An otherLanguage is a link to the same page.
type otherLanguage struct {
	Language Language
	Address  string
}

func (v View) other(now Language) *otherLanguage {
	if !v.Repeats {
		return nil
	}
	query := url.Values{}
	for name, values := range v.Query {
		query[name] = values
	}
	other := English
	if now == English {
		other = German
	}
	query.Set("ui_locales", string(other))
	return &otherLanguage{other, "?" + query.Encode()}
}

// functions are what the templates may call. For sentences, t has one of its own, count
// one with a number, say one that is data, and told a finished message (Language).
func (l look) functions() template.FuncMap {
	return template.FuncMap{
		"url":        func(path string) string { return l.Base + path },
		"stylesheet": func() string { return stylesheet.path },
		"script":     func() string { return script.path },
		"refresh":    func() string { return refreshScript.path },
		"passkeys":   func() string { return passkeyScript.path },
		"brand":      func() *Brand { return l.Brand },
		"language":   func() Language { return l.Language },
		"t":          l.Language.markup,
		"count":      l.Language.countMarkup,
		"number":     func(n int) string { return l.Language.format("%d", []any{n}) },
		"say":        func(sentence string) string { return l.Language.Say(sentence) },
		"told":       l.Language.Told,
		"quoted":     l.quoted,
		"app":        func(name string) template.HTML { return marked(`<bdi class="app">`, name, `</bdi>`) },
		"bdi":        func(name string) template.HTML { return marked(`<bdi>`, name, `</bdi>`) },
		"strong":     func(text string) template.HTML { return "<strong>" + breakable(text) + "</strong>" },
		"breakable":  breakable,
		"ticked":     ticked,
		"add":        func(a, b int) int { return a + b },
		"initial":    initial,
		"icon":       icon,
		"field":      field,
		"stop":       func(page ConsoleAppData, part, name string) appStop { return appStop{page, part, name} },
		"firstKey":   func(beside, action, options string) firstKey { return firstKey{beside, action, options} },
		"hint":       hint,
		"focus":      focus,
		"atLeast":    func(characters int) template.HTML { return passwordHint(l.Language, characters) },
	}
}

// marked returns a text as markup, for the place of a verb in a sentence.
func marked(before, text, after string) template.HTML {
	return template.HTML(before + html.EscapeString(text) + after) //nolint:gosec // G203: escaped
}

// quoted returns a name in the quotation marks of the language.
func (l look) quoted(name string) template.HTML {
	if l.Language == German {
		return marked(`<bdi class="app">„`, name, `“</bdi>`)
	}
	return marked(`<bdi class="app">“`, name, `”</bdi>`)
}

// short is how many bytes of an address fit into a line everywhere.
const short = 28

// breakable lets a long address break after its @, slashes and dots.
func breakable(address string) template.HTML {
	text := html.EscapeString(address)
	if len(address) <= short {
		return template.HTML(text) //nolint:gosec // G203: escaped
	}
	return template.HTML(strings.NewReplacer("@", "@<wbr>", ".", ".<wbr>", "/", "/<wbr>").Replace(text)) //nolint:gosec // G203: escaped
}

// initial returns the letter that represents a name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}
