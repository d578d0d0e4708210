package api

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestJSONSyntaxErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, "Expecting value: line 1 column 1 (char 0)"},
		{` `, "Expecting value: line 1 column 2 (char 1)"},
		{`{`, "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
		{`{"username": "x", `, "Expecting property name enclosed in double quotes: line 1 column 19 (char 18)"},
		{`{"a":1,}`, "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)"},
		{"{\n \"ü\": 1,   # no\n}", "Expecting property name enclosed in double quotes: line 2 column 12 (char 13)"},
		{`{"a"`, "Expecting ':' delimiter: line 1 column 5 (char 4)"},
		{`{"a":`, "Expecting value: line 1 column 6 (char 5)"},
		{`{"a":1`, "Expecting ',' delimiter: line 1 column 7 (char 6)"},
		{`[1 2]`, "Expecting ',' delimiter: line 1 column 4 (char 3)"},
		{`[1,]`, "Expecting value: line 1 column 4 (char 3)"},
		{`{} {}`, "Extra data: line 1 column 4 (char 3)"},
		{`01`, "Extra data: line 1 column 2 (char 1)"},
		{`-`, "Expecting value: line 1 column 1 (char 0)"},
		{`nul`, "Expecting value: line 1 column 1 (char 0)"},
		{`"abc`, "Unterminated string starting at: line 1 column 1 (char 0)"},
		{`"abc\`, "Unterminated string starting at: line 1 column 1 (char 0)"},
		{"\"a\tb\"", "Invalid control character at: line 1 column 3 (char 2)"},
		{`"\x"`, `Invalid \escape: line 1 column 2 (char 1)`},
		{`"\u12G4"`, `Invalid \uXXXX escape: line 1 column 3 (char 2)`},
		{`{"a":NaN}`, "Out of range float values are not JSON compliant: 'NaN'"},
		{`[-Infinity]`, "Out of range float values are not JSON compliant: '-Infinity'"},
		{`{"username": "` + "\xff" + `"}`, "'utf-8' codec can't decode byte 0xff in position 14: invalid start byte"},
		{"\ufeff{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"},
		{`{"a":1,"\u0061":2}`, "Duplicate property name: line 1 column 8 (char 7)"},
		{`{"x":{"a":1,"a":1}}`, "Duplicate property name: line 1 column 13 (char 12)"},
		{strings.Repeat("[", 17), "Nesting too deep: line 1 column 17 (char 16)"},
		{strings.Repeat("[", 100_000), "Nesting too deep: line 1 column 17 (char 16)"},
	} {
		_, err := parseJSON([]byte(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%.40q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestJSONValues(t *testing.T) {
	text := ` {"a":"\u00e9\ud83d\udd11\n/","A":[1,-2.5e3,true,null,{}],"":[]} `
	got, err := parseJSON([]byte(text))
	want := map[string]any{"a": "é🔑\n/", "A": []any{json.Number("1"), json.Number("-2.5e3"), true, nil, map[string]any{}}, "": []any{}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("err = %v, value differs (-want +got):\n%s", err, diff)
	}
	if _, err := parseJSON([]byte(strings.Repeat("[", 16) + strings.Repeat("]", 16))); err != nil {
		t.Errorf("sixteen levels: err = %v, want none", err)
	}
}

func TestALoneSurrogateBecomesInvalidUTF8(t *testing.T) {
	for _, text := range []string{`"\ud800"`, `"a\udc00b"`, `"\ud800\ud800"`, `"\ud800\u0041"`} {
		v, err := parseJSON([]byte(text))
		if s, ok := v.(string); err != nil || !ok || utf8.ValidString(s) {
			t.Errorf("%s: read %q, %v; want a string that is not UTF-8", text, v, err)
		}
	}
}

// encoding/json also accepts every text that we accept, and reads the same value.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.0,"x"],"b":null}`, `"\ud83d\udd11"`, ` [true , false] `, `{"a":{"b":{}}}`, `-0.1E+3`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		ours, err := parseJSON(text)
		if err != nil || !allValid(ours) {
			return
		}
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		var theirs any
		if err := d.Decode(&theirs); err != nil {
			t.Fatalf("accepted %q, which is not JSON: %v", text, err)
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%q differs (-want +got):\n%s", text, diff)
		}
	})
}

func allValid(v any) bool {
	switch v := v.(type) {
	case string:
		return utf8.ValidString(v)
	case []any:
		for _, x := range v {
			if !allValid(x) {
				return false
			}
		}
	case map[string]any:
		for k, x := range v {
			if !allValid(k) || !allValid(x) {
				return false
			}
		}
	}
	return true
}
