package web

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSnippetsAreThoseThatTestsRun: the pages show the files of the documents, byte for byte.
func TestSnippetsAreThoseThatTestsRun(t *testing.T) {
	all := append(append(Snippets("go", "at+jwt"), Snippets("node", "at+jwt")...), Snippets("python", "at+jwt")...)
	if len(all) != 4 || len(Snippets("cobol", "at+jwt")) != 0 {
		t.Errorf("%d snippets, want 4 and none of an unknown language", len(all))
	}
	for _, s := range all {
		found, err := filepath.Glob("../docs/snippets/apis/*/" + s.File)
		if err != nil || len(found) != 1 {
			t.Fatalf("files of that name in docs/snippets/apis: %q, %v; want one", found, err)
		}
		want, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatalf("reading %s: %v", found[0], err)
		}
		if s.Text != string(want) {
			t.Errorf("web/snippets/%s.txt has %d bytes that are not those of %s, want a copy", s.File, len(s.Text), found[0])
		}
	}
}
