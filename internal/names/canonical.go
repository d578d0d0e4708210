package names

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	// maxTypedBytes is more than any spelling of the longest name takes: 254 code
	// points, each of which may be decomposed into several.
	maxTypedBytes = 4096
	// maxRounds bounds the search for a form that folding does not change. Two rounds
	// suffice for every character of Unicode.
	maxRounds = 5
)

// canonical returns the key of s. It reports false if no name can have that key.
func canonical(s string) (key string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxTypedBytes || !utf8.ValidString(s) {
		return "", false
	}
	for range maxRounds {
		next := canonicalOnce(s)
		if next == s {
			ok = utf8.RuneCountInString(s) <= maxEmail && (usernameOnly(s) || isAddress(s))
			return s, ok
		}
		s = next
	}
	return "", false
}

func canonicalOnce(s string) string {
	if local, domain, ok := cutAddress(norm.NFKC.String(s)); ok {
		return unquote(Fold(local)) + "@" + domain
	}
	return Fold(s)
}

// Fold returns s without differences of case, width and composition, for searching in
// names.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	for range maxRounds {
		next := norm.NFKC.String(strings.Map(cherokee, cases.Fold().String(s)))
		next = dotless.Replace(next)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// Plain returns Fold(s) without accents, for searching in names: a person who looks for
// somebody may not know them, or have no key for them.
func Plain(s string) string {
	s = Fold(s)
	if isASCII(s) {
		return s
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s)))
}

// dotless unifies the four forms of the Turkish i, as case folding does for all other
// letters. A capital dotted I folds to an i with another dot on top, which looks like i,
// and a capital dotless I folds to i although its small form does not.
var dotless = strings.NewReplacer("i\u0307", "i", "\u0131", "i")

// cherokee maps Cherokee letters to capitals, to which Unicode folds them
// (CaseFolding.txt). cases.Fold swaps the two cases instead, and so would never settle.
func cherokee(r rune) rune {
	if unicode.Is(unicode.Cherokee, r) {
		return unicode.ToUpper(r)
	}
	return r
}

// usernameOnly reports whether s consists of characters that a username may contain.
func usernameOnly(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !usernameRune(r) }) < 0
}

// usernameRune applies Django's rule, [\w.@+-], but refuses letters that are not visible,
// such as the fillers of Hangul.
func usernameRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_.@+-", r)
	}
	return (unicode.IsLetter(r) || unicode.IsNumber(r)) && !invisible(r)
}

// invisible reports whether r is a control or format character, a variation selector, or
// a letter that is not visible.
func invisible(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
