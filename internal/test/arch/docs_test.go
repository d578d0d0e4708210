package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is where the paths in the documents start.
const root = "../../../"

var (
	code     = regexp.MustCompile("`[^`\n]+`")
	testName = regexp.MustCompile(`\bTest[A-Z]\w+`)
	symbol   = regexp.MustCompile(`\.[A-Z].*$`) // as in internal/token.Minter
)

// TestDocumentsNameWhatExists: the paths and the tests that the documents for
// contributors name.
func TestDocumentsNameWhatExists(t *testing.T) {
	tests := listTests(t)
	for _, document := range []string{"docs/architecture.md", "docs/extending.md", "docs/hardening.md"} {
		page, err := os.ReadFile(root + document)
		if err != nil {
			t.Fatalf("reading %s: %v", document, err)
		}
		for _, quoted := range code.FindAllString(string(page), -1) {
			for word := range strings.FieldsSeq(strings.Trim(quoted, "`")) {
				path := symbol.ReplaceAllString(strings.TrimPrefix(word, "./"), "")
				if found, err := filepath.Glob(root + path); isPath(path) && (err != nil || len(found) == 0) {
					t.Errorf("%s names %s, want a path that exists", document, path)
				}
			}
		}
		for _, name := range testName.FindAllString(string(page), -1) {
			if !tests[name] {
				t.Errorf("%s names %s, want a test that exists", document, name)
			}
		}
	}
}

// isPath reports whether word begins with a folder at the top of the tree.
func isPath(word string) bool {
	top, _, below := strings.Cut(word, "/")
	info, err := os.Stat(root + top)
	return below && top != "" && err == nil && info.IsDir()
}

// listTests returns the names of all test functions.
func listTests(t *testing.T) map[string]bool {
	t.Helper()
	names, function := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(source, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatalf("reading the tests: %v", err)
	}
	return names
}
