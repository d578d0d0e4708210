package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/test/mailbox"
)

// folder makes a folder with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	at := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(at, name), []byte(content), 0o600); err != nil {
			t.Fatalf("writing %s: %v", name, err)
		}
	}
	return at
}

const ownText = `{{define "subject"}}Own subject of {{.Brand}}{{end}}{{define "text"}}Own words.

{{.Link}}{{end}}`

func TestOwnTexts(t *testing.T) {
	r := newRig(t, mailbox.Options{})
	own, err := LoadTemplates(folder(t, map[string]string{
		"reset.en.txt": ownText,
		"layout.html":  `<p>Own layout</p>{{range .Paragraphs}}{{range .Lines}}<p>{{.}}</p>{{end}}{{end}}`,
	}))
	if err != nil {
		t.Fatalf("loading the templates: %v", err)
	}
	r.Composer.Templates = own
	verify := reset("ben@example.org")
	verify.Purpose = Verify
	r.add(reset(ann), verify)
	r.round()
	got, other := r.box.Next(t, ann), r.box.Next(t, "ben@example.org")
	if got.Subject != "Own subject of Exämple" || got.Link != secret || !strings.Contains(got.HTML, "<p>Own layout</p>") {
		t.Errorf("subject %q, link %q, HTML %s; want the operator's own", got.Subject, got.Link, got.HTML)
	}
	if other.Subject != "Confirm your email address for Exämple" || !strings.Contains(other.HTML, "Own layout") {
		t.Errorf("subject %q, HTML %s; want our words in the operator's layout", other.Subject, other.HTML)
	}
}

func TestAnotherLanguage(t *testing.T) {
	files := map[string]string{}
	for _, purpose := range Purposes() {
		files[purpose+".fr.txt"] = `{{define "subject"}}Sujet{{end}}{{define "text"}}Texte{{end}}`
	}
	texts, err := LoadTemplates(folder(t, files))
	if err != nil || texts.language("fr-CA") != "fr" {
		t.Errorf("for fr-CA: %v, %v; want fr", texts, err)
	}
}

// TestWrongTexts stop the start, and say which file is wrong.
func TestWrongTexts(t *testing.T) {
	for file, content := range map[string]string{
		"rest.en.txt": ownText, "reset.txt": ownText, "reset.en.html": ownText, "notes": "",
		"reset.en.txt":  `{{define "subject"}}{{end`,
		"reset.de.txt":  `{{define "text"}}no subject{{end}}`,
		"verify.en.txt": `{{define "subject"}}S{{end}}{{define "text"}}{{.Nothing}}{{end}}`,
		"reset.fr.txt":  ownText, // and no other text in French
		"layout.html":   `{{.Nothing}}`,
	} {
		_, err := LoadTemplates(folder(t, map[string]string{file: content}))
		if want := strings.Replace(file, "reset.fr.txt", ".fr.txt", 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that names it", file, err)
		}
	}
	if _, err := LoadTemplates(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that is missing: no error, want one")
	}
}
