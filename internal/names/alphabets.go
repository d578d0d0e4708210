package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// mixesAlphabets reports whether s has letters of two alphabets that look alike, such as
// "admin" with a Cyrillic "а". A name in one alphabet may be somebody's real name and
// passes. So does a name with Latin and Chinese letters, which nobody confuses. This is
// less than UTS #39 §5.2 requires, but does not need a table.
//
// Each label of a domain is judged separately, so пример.com passes.
func mixesAlphabets(s string) bool {
	s = norm.NFKC.String(s)
	parts := []string{s}
	if local, _, ok := cutAddress(s); ok {
		parts = append(strings.Split(s[len(local)+1:], "."), local)
	}
	for _, part := range parts {
		if alphabetsIn(part) > 1 {
			return true
		}
	}
	return false
}

func alphabetsIn(s string) int {
	if isASCII(s) {
		return 0
	}
	seen := 0
	for _, alphabet := range lookAlikes() {
		if strings.IndexFunc(s, func(r rune) bool { return unicode.Is(alphabet, r) }) >= 0 {
			seen++
		}
	}
	return seen
}

// lookAlikes returns the alphabets with letters that look like each other's.
func lookAlikes() []*unicode.RangeTable {
	return []*unicode.RangeTable{
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Cherokee,
		unicode.Coptic, unicode.Glagolitic, unicode.Lisu, unicode.Deseret, unicode.Osage,
	}
}
