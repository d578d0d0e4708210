package apicheck

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Enums finds the enums in document that contain one of the words, and returns a fault
// for each whose values are not exactly the words, in any order. Without any such enum,
// it returns an error.
func Enums(document []byte, words []string) ([]error, error) {
	var root any
	if err := json.Unmarshal(document, &root); err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	want := slices.Sorted(slices.Values(words))
	var faults []error
	found := 0
	walk("", root, func(path string, enum []string) {
		if !slices.ContainsFunc(enum, func(w string) bool { return slices.Contains(want, w) }) {
			return
		}
		found++
		if got := slices.Sorted(slices.Values(enum)); !slices.Equal(got, want) {
			faults = append(faults, fmt.Errorf("%s: enum = %q, want %q", path, got, want))
		}
	})
	if found == 0 {
		return nil, fmt.Errorf("no enum contains one of %q", words)
	}
	return faults, nil
}

// walk calls f for every enum of strings below v.
func walk(path string, v any, f func(path string, enum []string)) {
	switch v := v.(type) {
	case []any:
		for i, inner := range v {
			walk(fmt.Sprintf("%s/%d", path, i), inner, f)
		}
	case map[string]any:
		for name, inner := range v {
			if enum := texts(inner); name == "enum" && enum != nil {
				f(path, enum)
			}
			walk(path+"/"+name, inner, f)
		}
	}
}

// texts returns the strings of an array of strings, or nil for any other value.
func texts(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, one := range list {
		text, ok := one.(string)
		if !ok {
			return nil
		}
		all = append(all, text)
	}
	return all
}
