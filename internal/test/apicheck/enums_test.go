package apicheck

import (
	"strings"
	"testing"
)

func TestEnums(t *testing.T) {
	for document, want := range map[string]string{
		`{"a": {"enum": ["x", "y"]}, "b": [{"enum": ["y", "x"]}], "c": {"enum": ["z"]}}`: "",
		`{"a": {"enum": ["x", "y"]}, "b": [{"enum": ["x"]}]}`:                            `/b/0: enum = ["x"], want ["x" "y"]`,
		`{"a": {"enum": ["x", "y", "z"]}}`:                                               `/a: enum = ["x" "y" "z"], want ["x" "y"]`,
	} {
		judgeEnums(t, document, nil, want)
	}
	for document, want := range map[string]string{`{"enum": ["z"]}`: "no enum", `{`: "reading the document"} {
		if _, err := Enums([]byte(document), []string{"x"}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Enums(%s): error = %v, want one with %q", document, err, want)
		}
	}
}

func TestAnEnumAtANamedPathHasItsOwnValues(t *testing.T) {
	but := map[string][]string{"/b": {"x"}}
	for document, want := range map[string]string{
		`{"a": {"enum": ["x", "y"]}, "b": {"enum": ["x"]}}`:      "",
		`{"a": {"enum": ["x", "y"]}, "b": {"enum": ["x", "y"]}}`: `/b: enum = ["x" "y"], want ["x"]`,
	} {
		judgeEnums(t, document, but, want)
	}
	if _, err := Enums([]byte(`{"a": {"enum": ["x", "y"]}}`), []string{"x", "y"}, but); err == nil {
		t.Error("Enums of a document without an enum at /b: no error, want one")
	}
}

// judgeEnums holds a document against the values x and y.
func judgeEnums(t *testing.T, document string, but map[string][]string, want string) {
	t.Helper()
	faults, err := Enums([]byte(document), []string{"x", "y"}, but)
	if err != nil {
		t.Errorf("Enums(%s): %v", document, err)
	}
	var got string
	for _, fault := range faults {
		got += fault.Error()
	}
	if got != want {
		t.Errorf("Enums(%s) = %q, want %q", document, got, want)
	}
}
