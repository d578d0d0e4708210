package main

import (
	"go/ast"
	"go/parser"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestJudge(t *testing.T) {
	for call, lack := range map[string]string{
		`t.Error(err)`:                            format,
		`s.t.Fatal(err)`:                          format,
		`t.Fatal("opening the store", err)`:       format,
		`t.Error(diff)`:                           format,
		`t.Error("refused")`:                      words,
		`b.Errorf("%v", err)`:                     words,
		`b.Errorf("%s: %v", name, err)`:           words,
		`t.Errorf("err: %v", err)`:                wanted,
		`b.Errorf("%d %s", code, body)`:           words,
		`b.Errorf("%s refused", name)`:            words,
		`t.Errorf("status %d", code)`:             wanted,
		`t.Errorf("the answer is: %v", body)`:     wanted,
		`b.Errorf("%s: the status is %d", a, b)`:  wanted,
		`t.Errorf("err = %v", err)`:               wanted,
		`t.Errorf("opened " + "with %d", i)`:      wanted,
		`t.Error("the app was not told")`:         "",
		`t.Fatalf("opening the store: %v", err)`:  "",
		`t.Fatalf("npm ci: %v\n%s", err, out)`:    "",
		`t.Errorf("reading %s: %v", a, readErr)`:  "",
		`t.Errorf("reading: %v", r.Err())`:        "",
		`t.Errorf("status = %d, want 200", code)`: "",
		`t.Errorf("err = %v, want %v", err, e)`:   "",
		`b.Errorf("%s shows a secret", page)`:     "",
		`t.Errorf("want 100%% of it, got %d", n)`: "",
		`t.Errorf(format, args...)`:               "",
		`t.Log(err)`:                              "",
		`err.Error()`:                             "",
		`http.Error(w, "no", 400)`:                "",
		`fmt.Errorf("away: %w", err)`:             "",
		`slog.New(handler).Error("fault")`:        "",
	} {
		x, err := parser.ParseExpr(call)
		if err != nil {
			t.Fatalf("parsing %s: %v", call, err)
		}
		if got := judge(x.(*ast.CallExpr)); got != lack {
			t.Errorf("judge(%s) = %q, want %q", call, got, lack)
		}
	}
}

func TestCheckNamesThePlaceAndWhatToWrite(t *testing.T) {
	bad := &fstest.MapFile{Data: []byte("package p\n\nimport \"testing\"\n\nfunc f(t *testing.T) {\n\tt.Error(err)\n}\n")}
	product := &fstest.MapFile{Data: []byte("package p\n\nfunc f(l logs) {\n\tl.Error(err)\n}\n")}
	got, err := check(fstest.MapFS{
		"a/a_test.go":          bad,
		"a/workshop.go":        bad,
		"a/product.go":         product,
		"a/testdata/a_test.go": bad,
		".git/a_test.go":       bad,
	})
	if err != nil {
		t.Fatalf("checking the files: %v", err)
	}
	want := []string{"a/a_test.go:6:2: " + format, "a/workshop.go:6:2: " + format}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the lines differ (-want +got):\n%s", diff)
	}
}

func TestAFileThatIsNotGoIsAnError(t *testing.T) {
	if found, err := check(fstest.MapFS{"a_test.go": {Data: []byte("pack")}}); err == nil {
		t.Errorf("found %q, want an error", found)
	}
}
