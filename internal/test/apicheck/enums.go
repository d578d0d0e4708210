package apicheck

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Enums finds the enums in document that contain one of the words, and returns a fault
// for each whose values are not exactly the words, in any order. An enum at a path in
// but must have the values given there instead. Without any enum of the words, or
// without one at each of those paths, it returns an error.
func Enums(document []byte, words []string, but map[string][]string) ([]error, error) {
	var root any
	if err := json.Unmarshal(document, &root); err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	var faults []error
	found, special := 0, 0
	walk("", root, func(path string, enum []string) {
		expected, there := but[path]
		switch {
		case there:
			special++
		case slices.ContainsFunc(enum, func(w string) bool { return slices.Contains(words, w) }):
			found, expected = found+1, words
		default:
			return
		}
		got, want := slices.Sorted(slices.Values(enum)), slices.Sorted(slices.Values(expected))
		if !slices.Equal(got, want) {
			faults = append(faults, fmt.Errorf("%s: enum = %q, want %q", path, got, want))
		}
	})
	if found == 0 || special < len(but) {
		return nil, fmt.Errorf("no enum contains one of %q, or none is at a path of %v", words, but)
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
