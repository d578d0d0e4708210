package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var kindMethod = regexp.MustCompile(`(?m)^func \((\w+)\) Kind\(\) string`)

// TestEveryKindIsListed compares the list with the types that the package declares.
func TestEveryKindIsListed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatalf("listing the files of the package: %v", err)
	}
	var declared, listed []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		for _, m := range kindMethod.FindAllSubmatch(source, -1) {
			declared = append(declared, "audit."+string(m[1]))
		}
	}
	names := map[string]bool{}
	for _, kind := range Kinds {
		listed = append(listed, fmt.Sprintf("%T", kind))
		if names[kind.Kind()] {
			t.Errorf("two kinds are named %s, want each name once", kind.Kind())
		}
		names[kind.Kind()] = true
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("Kinds (-want, the types with a method Kind; +got):\n%s", diff)
	}
}
