package console

import (
	"strings"
	"testing"

	"gatehouse/internal/names"
)

func TestWhatASearchFoundIsMarked(t *testing.T) {
	for _, c := range []struct {
		text, search string
		begins       beginning
		want         string
	}{
		{"Annika Lindgren", "lin", anyWord, "Annika [Lin]dgren"},
		{"Marlin Lindqvist", "lin mar", anyWord, "[Mar]lin [Lin]dqvist"},
		{"José Ångström", "ang jose", anyWord, "[José] [Ång]ström"},
		{"Jose\u0301 Linz", "jose", anyWord, "[Jose\u0301] Linz"},
		{"marlin", "lin", firstWord, "marlin"},
		{"lin.a@lin.example", "lin", addressWord, "[lin].a@[lin].example"},
		{"a.lin@b.lin", "lin", addressWord, "a.lin@b.lin"},
		{"Anna", "", anyWord, "Anna"},
		{"", "lin", anyWord, ""},
	} {
		var got strings.Builder
		for _, part := range foundIn(c.text, strings.Fields(names.Plain(c.search)), c.begins) {
			if part.Found {
				part.Text = "[" + part.Text + "]"
			}
			got.WriteString(part.Text)
		}
		if got.String() != c.want {
			t.Errorf("%q in %q: marked %q, want %q", c.search, c.text, got.String(), c.want)
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra", "ann": "ann", "a=b": "a=b", "": "",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
}
