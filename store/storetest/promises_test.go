package storetest

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store"
)

// TestEveryMethodIsPromised: every method is named by a promise, since a new back-end
// could leave out one that is not. Every method that a promise names exists. The
// promises of store.Rotations and store.Throttles name none, but call every method.
func TestEveryMethodIsPromised(t *testing.T) {
	var named []string
	promises := races()
	for _, g := range groups() {
		promises = append(promises, g.promises...)
	}
	for _, p := range promises {
		if p.of == "" {
			t.Errorf("the promise %q names no method, want those of store.DB and store.Tx that make it", p.name)
		}
		named = append(named, strings.Fields(p.of)...)
	}
	methods, source := slices.Concat(methodsOf[store.DB](), methodsOf[store.Tx]()), sourceOf(t)
	for _, method := range methods {
		if !slices.Contains(named, method) {
			t.Errorf("no promise in storetest names %s, want at least one", method)
		}
	}
	for _, method := range slices.Concat(methods, methodsOf[store.Rotations](), methodsOf[store.Throttles]()) {
		if !strings.Contains(source, "."+method+"(") {
			t.Errorf("nothing in storetest calls %s, want its promise to do so", method)
		}
	}
	for _, name := range named {
		if !slices.Contains(methods, name) {
			t.Errorf("a promise names %s, want a method of store.DB or store.Tx", name)
		}
	}
}

func methodsOf[I any]() (names []string) {
	for method := range reflect.TypeFor[I]().Methods() {
		names = append(names, method.Name)
	}
	return names
}

// sourceOf returns the source of this package without its own tests.
func sourceOf(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatalf("listing the files of the package: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			all.Write(text)
		}
	}
	return all.String()
}

// TestFilledNamesWhatIsEmpty in a record, in a part of it, and in the first element of a
// list.
func TestFilledNamesWhatIsEmpty(t *testing.T) {
	c := newClient("shop")
	c.Scope, c.RedirectURIs, c.Secrets[0].ExpiresAt = "", []string{}, time.Time{}
	s := newSession(1)
	s.Rotation.JTI = ""
	for name, test := range map[string]struct {
		record any
		want   []string
	}{
		"a record": {c, []string{"R.Scope", "R.RedirectURIs", "R.Secrets[0].ExpiresAt", "R.Generation", "R.LastUsedAt"}},
		"a part":   {s, []string{"R.Withdrawn", "R.EndedAt", "R.EndReason", "R.Foundation", "R.Rotation.JTI"}},
	} {
		got := emptyFields("R", reflect.ValueOf(test.record))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: the fields that are empty (- want, + got):\n%s", name, diff)
		}
	}
}
