// Package web holds the pages inside the binary: templates, one style sheet, and no
// build step. Each page is typed, so that the compiler rejects the wrong data.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"sync"
	"unicode"
)

//go:embed templates static
var files embed.FS

// A Page is a template for data of type T.
type Page[T any] struct {
	name string
	// trees holds the template once for each base, the path below which the server's
	// own addresses are: one in a process.
	trees *sync.Map
	// form says that the template has a form.
	form bool
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

// SetupDoneData fills SetupDone.
type SetupDoneData struct{ Username, Issuer string }

// ProblemData fills Problem. Sent is what the app sent, for its developer; empty unless it
// is the cause. The operator finds RequestID in the log.
type ProblemData struct{ Heading, Text, Sent, RequestID string }

func page[T any](name string) Page[T] {
	p := Page[T]{name: name, trees: &sync.Map{}, form: bytes.Contains(read("templates/"+name+".html"), []byte("<form"))}
	p.below("") // a template that does not parse stops the start
	return p
}

// below returns the template whose links lead to addresses below base.
func (p Page[T]) below(base string) *template.Template {
	if tree, ok := p.trees.Load(base); ok {
		return tree.(*template.Template)
	}
	tree := template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"url":        func(path string) string { return base + path },
		"stylesheet": func() string { return stylesheet.path },
		"initial":    initial,
	}).ParseFS(files, "templates/layout.html", "templates/"+p.name+".html"))
	p.trees.Store(base, tree)
	return tree
}

func read(name string) []byte {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return body
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

// Render writes the page, whose links lead to addresses below base: the path of the
// issuer, or "". If the template fails, it returns an error and writes nothing, not even
// a part of the page.
func (p Page[T]) Render(w http.ResponseWriter, base string, status int, data T) error {
	var b bytes.Buffer
	if err := p.below(base).Execute(&b, data); err != nil {
		return fmt.Errorf("rendering page %s: %w", p.name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if p.form { // under no-referrer, browsers send "Origin: null" with the form (Fetch standard §3.1)
		w.Header().Set("Referrer-Policy", "same-origin")
	}
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// An asset is a file whose path changes with its content, so that browsers may cache it
// forever.
type asset struct {
	path, mime string
	body       []byte
}

var stylesheet = load("static/style.css", "text/css; charset=utf-8")

func load(name, mime string) asset {
	body := read(name)
	sum := sha256.Sum256(body)
	return asset{path: "/assets/" + hex.EncodeToString(sum[:6]) + path.Ext(name), mime: mime, body: body}
}

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
func Stylesheet() (path string, serve http.HandlerFunc) {
	return stylesheet.path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", stylesheet.mime)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(stylesheet.body)
	}
}
