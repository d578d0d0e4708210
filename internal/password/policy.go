package password

import (
	_ "embed"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Policy decides which passwords are accepted. It does not require a mixture of kinds
// of characters (NIST SP 800-63B-4 §3.1.1.2).
type Policy struct {
	// MinLength is in characters (code points).
	MinLength int
}

// Check returns the faults of a new password, in the words of Django and its REST
// framework, or nil if it is accepted. White space at the ends is part of a password
// but does not count towards its length.
func (p Policy) Check(password, username, email, first, last string) []string {
	var faults []string
	if strings.Contains(password, "\x00") {
		faults = append(faults, "Null characters are not allowed.")
	}
	if len(password) > MaxBytes {
		return append(faults, fmt.Sprintf("Ensure this field has no more than %d bytes.", MaxBytes))
	}
	password = norm.NFC.String(password) // as it will be hashed
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

// common reports whether the password is among the most common ones. It searches their
// sorted lines in place, because a map would take a megabyte and slow down the start.
func common(password string) bool {
	line := strings.ToLower(strings.TrimSpace(password)) + "\n"
	at := sort.Search(len(commonPasswords), func(i int) bool { return commonPasswords[lineStart(i):] >= line })
	return strings.HasPrefix(commonPasswords[lineStart(at):], line)
}

// lineStart returns the start of the first line that begins at or after i.
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

// resemblances returns a fault for each attribute that the password resembles.
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

// longestValue is the maximum length of a name or address, in code points. A longer
// value is refused for its length elsewhere, and comparing each of its words would be
// expensive.
const longestValue = 254

// resembles applies the rule of Django's UserAttributeSimilarityValidator: a password
// resembles a value, or a word of it, if they share seven tenths of their letters.
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

// likeness returns the share of letters that two strings have in common, in any order
// (quick_ratio of Python's difflib).
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
