// Package web holds the pages inside the binary: templates, one style sheet, and no
// build step. Each page is typed, so that the compiler rejects the wrong data.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"sync"
)

//go:embed templates static
var files embed.FS

// A Page is a template for data of type T.
type Page[T any] struct {
	name string
	// layout is the template around it.
	layout string
	// trees holds the template once for each View, of which a process has few.
	trees *sync.Map
	// form says that the template has a form.
	form bool
	// part is the template within it that is rendered alone; empty: all of the page.
	part string
	// token says that the address of the page may have a token.
	token bool
}

// withToken is for a page whose address may have a token, of which nobody else learns by
// Referer. The browsers that keep Origin to themselves then say by Sec-Fetch-Site where a
// form comes from.
func (p Page[T]) withToken() Page[T] {
	p.token = true
	return p
}

// only is for a part of a page, which a script puts into the page.
func (p Page[T]) only(part string) Page[T] {
	p.part = part
	return p
}

// execute renders the page, or its part.
func (p Page[T]) execute(b *bytes.Buffer, l look, f frame[T]) error {
	if p.part != "" {
		return p.seen(l).ExecuteTemplate(b, p.part, f.Page)
	}
	return p.seen(l).Execute(b, f)
}

// The pages.
var (
	// Home is the page at /.
	Home = page[HomeData]("home")
	// Setup asks for the account of the first administrator.
	Setup = page[SetupData]("setup")
	// SetupDone says that the administrator was created.
	SetupDone = page[SetupDoneData]("setup_done")
	// Problem tells a person what went wrong.
	Problem = page[ProblemData]("problem")
)

// HomeData fills Home. Account is nil if nobody is signed in.
type HomeData struct {
	Issuer  string
	Account *Account
	// Console says that the person may open the console.
	Console bool
}

// SetupData fills Setup with the typed values, except the password, and their errors.
type SetupData struct {
	Token, Username, Email string
	// Errors are messages by field; those under "" concern the form as a whole.
	Errors map[string][]string
}

// Focus returns the field that gets the focus: the first with an error, or else the first.
func (d SetupData) Focus() string {
	for _, field := range []string{"username", "email", "password"} {
		if len(d.Errors[field]) > 0 {
			return field
		}
	}
	return "username"
}

// SetupDoneData fills SetupDone. Token is an access token of the new administrator; empty
// if none could be made. Host is the host of the issuer.
type SetupDoneData struct {
	Username, Issuer, Host, Token string
	// SignedIn says that the browser is signed in.
	SignedIn bool
}

// ProblemData fills Problem. Sent is what the app sent, for its developer; empty unless it
// is the cause. The operator finds RequestID in the log.
type ProblemData struct {
	Status                         int
	Heading, Text, Sent, RequestID string
	// Help is where people find help; empty: nowhere.
	Help string
	// Page tells the developers of the app what to do; empty: there is none.
	Page string
}

// page returns a page of one card in the middle.
func page[T any](name string) Page[T] { return within[T]("layout", name) }

// accountPage returns a page of the account. T embeds Room.
func accountPage[T any](name string) Page[T] { return within[T]("layout_account", name) }

// consolePage returns a page of the console. T embeds Room.
func consolePage[T any](name string) Page[T] { return within[T]("layout_console", name) }

func within[T any](layout, name string) Page[T] {
	body := read("templates/" + name + ".html")
	p := Page[T]{name: name, layout: layout, trees: &sync.Map{}, form: layout != "layout" || bytes.Contains(body, []byte("<form"))}
	all = append(all, func() { p.seen(look{Language: English, Brand: plain}) })
	return p
}

// all parse the pages, for the test that they do: at the start of every command it would take
// a tenth of a second and twenty megabytes, most of them for pages that nobody opens.
var all []func()

// seen returns the template for a look, which is parsed when it is first asked for.
func (p Page[T]) seen(l look) *template.Template {
	if tree, ok := p.trees.Load(l); ok {
		return tree.(*template.Template)
	}
	tree := template.Must(template.New(p.layout+".html").Funcs(l.functions()).
		ParseFS(files, "templates/layout.html", "templates/"+p.layout+".html", "templates/parts.html", "templates/"+p.name+".html"))
	p.trees.Store(l, tree)
	return tree
}

func read(name string) []byte {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return body
}

// A frame is what a layout gets: the data of the page, and the link to it in another
// language, if there is one.
type frame[T any] struct {
	Page  T
	Other *otherLanguage
}

// Render writes the page as the view shows it. If the template fails, it returns an error
// and writes nothing, not even a part of the page.
func (p Page[T]) Render(w http.ResponseWriter, v View, status int, data T) error {
	l := v.look()
	var b bytes.Buffer
	if err := p.execute(&b, l, frame[T]{data, v.other(l.Language)}); err != nil {
		return fmt.Errorf("rendering page %s: %w", p.name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(l.Language))
	w.Header().Add("Vary", "Accept-Language, Cookie")
	if p.form && !p.token { // under no-referrer, browsers send "Origin: null" with the form (Fetch standard §3.1)
		w.Header().Set("Referrer-Policy", "same-origin")
	}
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

var stylesheet = load("static/style.css", "text/css; charset=utf-8")

var favicon = read("static/favicon.ico")

// Favicon returns the handler of the icon, for what asks for it without having read a
// page.
func Favicon() http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/vnd.microsoft.icon")
		w.Header().Set("Cache-Control", "public, max-age=86400")
		_, _ = w.Write(favicon)
	}
}

// Stylesheet returns the path and the handler of the one style sheet.
func Stylesheet() (path string, serve http.HandlerFunc) { return stylesheet.path, stylesheet.serve }
