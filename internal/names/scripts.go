package names

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// mixesScripts reports whether s has letters of scripts that are not written together, such
// as "admin" with a Cyrillic "а". It is the rule Highly Restrictive of UTS #39 §5.2.
//
// Each label of a domain is judged separately, so пример.com passes.
func mixesScripts(s string) bool {
	s = norm.NFKC.String(s)
	parts := []string{s}
	if local, _, ok := cutAddress(s); ok {
		parts = append(strings.Split(s[len(local)+1:], "."), local)
	}
	return slices.ContainsFunc(parts, func(part string) bool { return !writtenTogether(scriptsIn(part)) })
}

// together are the scripts that one name may have, beside a single script of any kind.
var together = [][]string{{"Latin", "Han", "Hiragana", "Katakana"}, {"Latin", "Han", "Bopomofo"}, {"Latin", "Han", "Hangul"}}

func writtenTogether(scripts []string) bool {
	return len(scripts) <= 1 || slices.ContainsFunc(together, func(set []string) bool {
		return !slices.ContainsFunc(scripts, func(script string) bool { return !slices.Contains(set, script) })
	})
}

// scriptsIn returns the scripts of s, without what scripts share, such as digits.
func scriptsIn(s string) []string {
	if isASCII(s) {
		return nil
	}
	var scripts []string
	for _, r := range s {
		script := scriptOf(r)
		if script != "" && !slices.Contains(scripts, script) {
			scripts = append(scripts, script)
		}
	}
	return scripts
}

// scriptOf returns the script of r, if it is in wide use, or "another".
func scriptOf(r rune) string {
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	for _, name := range inWideUse() {
		if unicode.Is(unicode.Scripts[name], r) {
			return name
		}
	}
	return "another"
}

// inWideUse returns the scripts of UAX #31 table 5, those of most names first.
func inWideUse() []string {
	return []string{
		"Latin", "Cyrillic", "Greek", "Han", "Hangul", "Hiragana", "Katakana", "Arabic", "Armenian", "Bengali", "Bopomofo",
		"Devanagari", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Malayalam",
		"Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan",
	}
}

// looksLikeAnother reports whether the username s may be taken for another: it has letters
// that names do not need, such as "ɑ" of phonetics (UTS #39 §3.1), or nothing but ASCII and
// letters of another script that look like it, such as "аррӏе" (§4).
func looksLikeAnother(s string) bool {
	if isASCII(s) {
		return false
	}
	ascii := true
	for _, r := range s {
		if r >= 0x80 && !unicode.Is(allowedTable(), r) {
			return true
		}
		ascii = ascii && (r < 0x80 || strings.ContainsRune(alike, r))
	}
	return ascii
}

// allowedTable returns the ranges of allowed.
var allowedTable = sync.OnceValue(func() *unicode.RangeTable {
	table := &unicode.RangeTable{}
	for text := range strings.FieldsSeq(allowed) {
		first, last, found := strings.Cut(text, "-")
		if !found {
			last = first
		}
		low, err := strconv.ParseUint(first, 16, 32)
		high, errHigh := strconv.ParseUint(last, 16, 32)
		if err != nil || errHigh != nil {
			panic("names: the generated table is broken at " + text)
		}
		if high < 1<<16 {
			table.R16 = append(table.R16, unicode.Range16{Lo: uint16(low), Hi: uint16(high), Stride: 1})
		} else {
			table.R32 = append(table.R32, unicode.Range32{Lo: uint32(low), Hi: uint32(high), Stride: 1})
		}
	}
	return table
})
