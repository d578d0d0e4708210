package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	spoken  = regexp.MustCompile(`\bt "((?:[^"\\]|\\.)*)"`)
	counted = regexp.MustCompile(`\bcount "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"`)
	verbs   = regexp.MustCompile(`%[a-z]`)
)

// said returns the sentences of the templates.
func said(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	templates, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		t.Fatalf("listing the templates: %v", err)
	}
	for _, file := range templates {
		for _, m := range append(spoken.FindAllSubmatch(read(file), -1), counted.FindAllSubmatch(read(file), -1)...) {
			all[string(m[1])] = file
		}
	}
	return all
}

// walk calls f with every node of every Go file of the module but tests and tools.
func walk(t *testing.T, f func(path string, n ast.Node)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../internal/test") {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			ast.Inspect(tree, func(n ast.Node) bool { f(path, n); return true })
		}
		return err
	})
	if err != nil {
		t.Fatalf("reading the Go files: %v", err)
	}
}

// text returns the value of a string constant.
func text(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(lit.Value)
	return value, err == nil
}

// speakers are the calls that take a sentence, by the place of it among the arguments,
// counted from the first that is a constant.
var speakers = map[string]int{"Say": 0, "Count": 1}

// faults are the packages whose messages pages show beside fields: their finished sentences.
var faults = []string{"../internal/names/", "../internal/password/policy.go", "../internal/fields/fields.go", "../internal/account/account.go", "../internal/account/own.go", "../internal/refusal/explain.go"}

var sentence = regexp.MustCompile(`^[A-Z][^:]* .*\.$`)

// required returns the sentences of the Go code that need a translation.
func required(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	walk(t, func(path string, n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(path, "../handlers/pages") {
				if at, ok := speakers[name.Sel.Name]; ok {
					if s := constants(n.Args); at < len(s) {
						all[s[at]] = path
					}
				}
			}
		case *ast.KeyValueExpr:
			key, ok := n.Key.(*ast.Ident)
			if s, constant := text(n.Value); ok && constant && (key.Name == "Heading" || key.Name == "Text") && strings.HasPrefix(path, "../handlers/pages") {
				all[s] = path
			} else if ok && constant && (key.Name == "Title" || key.Name == "Mend") && strings.HasPrefix(path, "../internal/refusal/") {
				all[s] = path
			}
		case *ast.ValueSpec:
			if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "UserMessage" {
				all[constants(n.Values)[0]] = path
			}
		case *ast.BasicLit:
			if s, ok := text(n); ok && sentence.MatchString(s) && slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(path, f) }) {
				all[s] = path
			}
		}
	})
	return all
}

func constants(args []ast.Expr) (all []string) {
	for _, a := range args {
		if s, ok := text(a); ok {
			all = append(all, s)
		}
	}
	return all
}

// TestNoSentenceLacksATranslation: of those that people read, in templates and in code.
func TestNoSentenceLacksATranslation(t *testing.T) {
	needed := required(t)
	for s, file := range said(t) {
		needed[s] = file
	}
	for s, file := range needed {
		if _, ok := german()[s]; !ok && s != "" {
			t.Errorf("%s says %q, want its translation in languages/de.json", file, s)
		}
	}
}

// TestNoTranslationIsUnused: each key is a sentence of a template or a constant of the code.
func TestNoTranslationIsUnused(t *testing.T) {
	used := said(t)
	walk(t, func(path string, n ast.Node) {
		if s, ok := text(n); ok {
			used[s] = path
		}
	})
	for key := range german() {
		if _, ok := used[key]; !ok {
			t.Errorf("languages/de.json translates %q, which nothing says; want it removed", key)
		}
	}
}

// TestTranslationsHaveTheVerbsOfTheirKeys, in the same order; a form for one thing may
// leave out the number.
func TestTranslationsHaveTheVerbsOfTheirKeys(t *testing.T) {
	for key, translated := range german() {
		want := verbs.FindAllString(key, -1)
		for form, s := range translated {
			if got := verbs.FindAllString(s, -1); !slices.Equal(got, want) && (form != "one" || len(got) > len(want)) {
				t.Errorf("the translation of %q has the verbs %v, want %v", key, got, want)
			}
		}
	}
}

func TestChoosingALanguage(t *testing.T) {
	for _, c := range []struct {
		preferences []string
		want        Language
	}{
		{nil, English},
		{[]string{"", "de"}, German},
		{[]string{"de-AT,en;q=0.8"}, German},
		{[]string{"se", "de;q=0.3,en;q=0.2"}, German},
		{[]string{"sv,no,en", "de"}, English},
		{[]string{"%%%", "xx"}, English},
		{[]string{strings.Repeat("de,", 1000)}, German},
	} {
		if got := Choose(c.preferences...); got != c.want {
			t.Errorf("Choose(%.60q) = %s, want %s", c.preferences, got, c.want)
		}
	}
}

func TestSayingInBothLanguages(t *testing.T) {
	for got, want := range map[string]string{
		German.Say("Sign in"):                                                                                            "Anmelden",
		German.Say("A name that nobody translated: 100%"):                                                                "A name that nobody translated: 100%",
		German.Count("a minute", "%d minutes", 1):                                                                        "eine Minute",
		German.Count("a minute", "%d minutes", 1200):                                                                     "1.200 Minuten",
		English.Count("a minute", "%d minutes", 1):                                                                       "a minute",
		English.Count("a minute", "%d minutes", 1200):                                                                    "1,200 minutes",
		German.Told("Ensure this field has at least 12 characters."):                                                     "Geben Sie mindestens 12 Zeichen ein.",
		German.Told("The password is too similar to the first name."):                                                    "Das Passwort ist dem Wert im Feld „Vorname“ zu ähnlich.",
		German.Told("The app's request is too long. It has 7 bytes."):                                                    "Die Anfrage der App ist zu lang. It has 7 bytes.",
		string(German.markup("to continue to %s", `<b>"Shop"`)):                                                          "um mit &lt;b&gt;&#34;Shop&#34; fortzufahren",
		string(English.markup("Any program here could ask like this. Go on only if you started it yourself, just now.")): "Any program here could ask like this. Go on only if you started it yourself, just now.",
	} {
		if got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}
