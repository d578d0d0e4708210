package password

import (
	_ "embed"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// A Policy says which passwords are accepted. It asks for no mixture of kinds of
// characters (NIST SP 800-63B-4 §3.1.1.2).
type Policy struct {
	// MinLength is in characters (code points).
	MinLength int
}

// Check returns what is wrong with a new password, in the words of Django and its
// REST framework; nothing if it is accepted. White space at its ends is part of
// a password, yet does not make it longer.
func (p Policy) Check(password, username, email, first, last string) []string {
	var faults []string
	if strings.Contains(password, "\x00") {
		faults = append(faults, "Null characters are not allowed.")
	}
	if len(password) > MaxBytes {
		return append(faults, fmt.Sprintf("Ensure this field has no more than %d bytes.", MaxBytes))
	}
	if utf8.RuneCountInString(strings.TrimSpace(password)) < p.MinLength {
		faults = append(faults, fmt.Sprintf("Ensure this field has at least %d characters.", p.MinLength))
	}
	if common(password) {
		faults = append(faults, "This password is too common.")
	}
	return append(faults, resemblances(password, username, email, first, last)...)
}

//go:embed common-passwords.txt
var commonPasswords string

// common reports whether the password is among the most common ones. They are
// sorted lines, searched where they lie: a map of them would take a megabyte and
// the start longer.
func common(password string) bool {
	line := strings.ToLower(strings.TrimSpace(password)) + "\n"
	at := sort.Search(len(commonPasswords), func(i int) bool { return commonPasswords[lineStart(i):] >= line })
	return strings.HasPrefix(commonPasswords[lineStart(at):], line)
}

// lineStart is where the first line begins that begins at or after i.
func lineStart(i int) int {
	if i == 0 {
		return 0
	}
	newline := strings.IndexByte(commonPasswords[i-1:], '\n')
	if newline < 0 {
		return len(commonPasswords)
	}
	return i + newline
}

// resemblances finds what the password has too much of.
func resemblances(password, username, email, first, last string) []string {
	var faults []string
	for _, attribute := range []struct{ name, value string }{
		{"username", username}, {"email address", email}, {"first name", first}, {"last name", last},
	} {
		if resembles(password, attribute.value) {
			faults = append(faults, "The password is too similar to the "+attribute.name+".")
		}
	}
	return faults
}

var notWord = regexp.MustCompile(`[^\pL\pN_]+`)

// longestValue is more code points than any name or address may have. A longer
// value is refused for itself, and each of its words would cost a comparison.
const longestValue = 254

// resembles is Django's UserAttributeSimilarityValidator: the password is like
// the value, or like a word of it, if seven tenths of their letters are the same.
func resembles(password, value string) bool {
	if utf8.RuneCountInString(value) > longestValue {
		return false
	}
	password, value = strings.ToLower(password), strings.ToLower(value)
	for _, part := range append(notWord.Split(value, -1), value) {
		if part != "" && likeness(password, part) >= 0.7 {
			return true
		}
	}
	return false
}

// likeness is the share of letters that two strings have in common, in whatever
// order (the quick_ratio of Python's difflib).
func likeness(a, b string) float64 {
	left := map[rune]int{}
	for _, r := range b {
		left[r]++
	}
	shared, length := 0, utf8.RuneCountInString(b)
	for _, r := range a {
		length++
		if left[r] > 0 {
			left[r]--
			shared++
		}
	}
	return 2 * float64(shared) / float64(length)
}
