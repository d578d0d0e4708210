// Package web holds the pages inside the binary: templates, one style sheet, no
// build step. Each page is typed, so that the compiler refuses the wrong data.
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
	"unicode"
)

//go:embed templates static
var files embed.FS

// A Page is a template that takes data of type T and no other.
type Page[T any] struct {
	name string
	tree *template.Template
}

// The pages.
var (
	// Home is what / opens.
	Home = page[HomeData]("home")
	// Setup makes the first administrator.
	Setup = page[SetupData]("setup")
	// SetupDone says that he is there.
	SetupDone = page[SetupDoneData]("setup_done")
	// Problem says what went wrong, to a person.
	Problem = page[ProblemData]("problem")
)

// HomeData fills Home. Account is nil if nobody is signed in.
type HomeData struct {
	Issuer  string
	Account *Account
}

// SetupData fills Setup: what was typed, but for the password, and what is wrong with it.
type SetupData struct {
	Token, Username, Email string
	// Errors are messages by field; those under "" are about the whole.
	Errors map[string][]string
}

// Focus is the field to begin with: the first that has a fault, or the first.
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

// ProblemData fills Problem. RequestID is what the operator finds in the log.
type ProblemData struct{ Heading, Text, RequestID string }

func page[T any](name string) Page[T] {
	tree := template.Must(template.New("layout.html").
		Funcs(template.FuncMap{"stylesheet": func() string { return stylesheet.path }, "initial": initial}).
		ParseFS(files, "templates/layout.html", "templates/"+name+".html"))
	return Page[T]{name: name, tree: tree}
}

// initial is the letter that stands for a name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

// Render writes the page, or returns an error and writes nothing: a template that
// fails halfway is an error, not half a page.
func (p Page[T]) Render(w http.ResponseWriter, status int, data T) error {
	var b bytes.Buffer
	if err := p.tree.Execute(&b, data); err != nil {
		return fmt.Errorf("rendering page %s: %w", p.name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// An asset is a file whose path changes with its content, so that it may be kept for ever.
type asset struct {
	path, mime string
	body       []byte
}

var stylesheet = load("static/style.css", "text/css; charset=utf-8")

func load(name, mime string) asset {
	body, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded: it is there, or the binary was not built
	}
	sum := sha256.Sum256(body)
	return asset{path: "/assets/" + hex.EncodeToString(sum[:6]) + path.Ext(name), mime: mime, body: body}
}

// Stylesheet returns the path and the handler of the one style sheet.
func Stylesheet() (path string, serve http.HandlerFunc) {
	return stylesheet.path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", stylesheet.mime)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(stylesheet.body)
	}
}
