package password

import (
	_ "embed"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"gatehouse/internal/stolen"
)

// A Policy decides which passwords are accepted. It does not require a mixture of kinds
// of characters (NIST SP 800-63B-4 §3.1.1.2).
type Policy struct {
	// MinLength is in characters (code points).
	MinLength int
	// Stolen is the operator's own list of stolen passwords; nil: none.
	Stolen *stolen.File
}

// The words for a password that others know.
const (
	tooCommon = "This password is too common."
	wasStolen = "This password appears in lists of stolen passwords. Choose another one."
)

// Check returns the faults of a new password, in the words of Django and its REST
// framework where they have any, or nil if it is accepted. White space at the ends is part
// of a password but does not count towards its length. It fails if the operator's list
// cannot be read.
func (p Policy) Check(password, username, email, first, last string) (faults []string, err error) {
	if strings.Contains(password, "\x00") {
		faults = append(faults, "Null characters are not allowed.")
	}
	if len(password) > MaxBytes {
		return append(faults, fmt.Sprintf("Ensure this field has no more than %d bytes.", MaxBytes)), nil
	}
	password = norm.NFC.String(password) // as it will be hashed
	if utf8.RuneCountInString(strings.TrimSpace(password)) < p.MinLength {
		faults = append(faults, fmt.Sprintf("Ensure this field has at least %d characters.", p.MinLength))
	} else if words, err := p.known(password); err != nil {
		return faults, err
	} else if words != "" {
		faults = append(faults, words)
	}
	return append(faults, resemblances(password, username, email, first, last)...), nil
}

// Known reports whether others know the password: it is one of those that Check refuses as
// common or stolen.
func (p Policy) Known(password string) (bool, error) {
	known, err := p.known(norm.NFC.String(password))
	return known != "", err
}

// known returns the words for a password that others know, or "".
func (p Policy) known(password string) (string, error) {
	if common(password) {
		return tooCommon, nil
	}
	listed := stolen.Often(password)
	var err error
	if !listed {
		listed, err = p.Stolen.Has(password)
	}
	if listed {
		return wasStolen, nil
	}
	return "", err
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
			faults = append(faults, fmt.Sprintf("The password is too similar to the %s.", attribute.name))
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
