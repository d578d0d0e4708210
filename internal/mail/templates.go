package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"
)

//go:embed templates
var ours embed.FS

// Templates are the texts of all purposes, in each language. A text is a file such as
// reset.en.txt, which defines "subject", "text" and, with a link, "action": what its button
// says. layout.html makes the HTML part of the same text.
type Templates struct {
	texts  map[string]*template.Template // by file
	layout *htmltemplate.Template
	// languages are those that have every purpose, beside English.
	languages []string
}

// english is the language of those who asked for none that there is.
const english = "en"

// LoadTemplates reads our templates, and in their place those in the folder; empty: ours
// alone. A file there that is none of a purpose is an error, as it may be a misspelt one. A
// further language is one that has a file for each purpose.
func LoadTemplates(folder string) (*Templates, error) {
	files, err := fs.Sub(ours, "templates")
	if err != nil {
		return nil, fmt.Errorf("reading the templates of mail: %w", err)
	}
	t := &Templates{texts: map[string]*template.Template{}}
	if err := t.read(files); err != nil {
		return nil, fmt.Errorf("reading the templates of mail: %w", err)
	}
	if folder != "" {
		if err := t.read(os.DirFS(folder)); err != nil {
			return nil, fmt.Errorf("reading the templates of mail in %s: %w", folder, err)
		}
	}
	if err := t.complete(); err != nil {
		return nil, fmt.Errorf("reading the templates of mail: %w", err)
	}
	return t, nil
}

const layoutFile = "layout.html"

func (t *Templates) read(files fs.FS) error {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") { // as Kubernetes has beside mounted files
			continue
		}
		source, err := fs.ReadFile(files, name)
		switch {
		case err != nil:
			return err
		case name == layoutFile:
			t.layout, err = htmltemplate.New(name).Parse(string(source))
		case isText(name):
			t.texts[name], err = template.New(name).Option("missingkey=zero").Parse(string(source))
		default:
			err = fmt.Errorf("%s is neither %s nor a text such as reset.en.txt, of one of the purposes %s", name, layoutFile, strings.Join(Purposes(), ", "))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isText reports whether a file is called PURPOSE.LANGUAGE.txt.
func isText(name string) bool {
	parts := strings.Split(name, ".")
	return len(parts) == 3 && path.Ext(name) == ".txt" && slices.Contains(Purposes(), parts[0]) && parts[1] != ""
}

// complete finds the languages, and tries every text, so that a mistake stops the start and
// not a mail.
func (t *Templates) complete() error {
	for name := range t.texts {
		language := strings.Split(name, ".")[1]
		if !slices.Contains(t.languages, language) {
			t.languages = append(t.languages, language)
		}
	}
	slices.Sort(t.languages)
	var faults []error
	for _, language := range t.languages {
		for _, purpose := range Purposes() {
			if _, err := t.write(purpose, language, Frame{}, time.Unix(0, 0), time.Unix(0, 0), map[string]string{"Link": "https://example.com/"}); err != nil {
				faults = append(faults, err)
			}
		}
	}
	return errors.Join(faults...)
}

// language returns the language of the templates that fits a tag best.
func (t *Templates) language(tag string) string {
	tag = strings.ToLower(tag)
	for ; tag != ""; tag = cutSubtag(tag) {
		if slices.Contains(t.languages, tag) {
			return tag
		}
	}
	return english
}

// cutSubtag cuts the last subtag off a language tag (RFC 4647 §3.4).
func cutSubtag(tag string) string { return tag[:max(strings.LastIndexByte(tag, '-'), 0)] }
