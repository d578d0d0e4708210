// Package names decides which usernames and e-mail addresses there may be, and
// which spellings are one and the same name.
//
// Two spellings are the same name if their keys are equal, byte for byte. A key
// is the compatibility form (NFKC) with the case folded away, and with the
// domain of an e-mail address in ASCII. Usernames and addresses have one name
// space: Username and Email give the same key for the same string, so that
// nobody can take another's address as a username. The rule is ours and not the
// database's, whose collations differ from each other.
package names

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Lengths, in code points; those of the columns that the accounts come from.
const (
	maxUsername = 150
	maxEmail    = 254
)

// The messages, in the words of Django REST framework: front ends show them.
const (
	messageBlank        = "This field may not be blank."
	messageNull         = "Null characters are not allowed."
	messageUsername     = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
	messageUsernameLong = "Ensure this field has no more than 150 characters."
	messageEmail        = "Enter a valid email address."
	messageEmailLong    = "Ensure this field has no more than 254 characters."
	messageMixed        = "Enter a valid username. Letters of alphabets that look alike may not be mixed."
)

// Invalid says why something cannot be a name.
type Invalid struct {
	// Messages are for the person who typed it: one for each fault.
	Messages []string
}

func (e *Invalid) Error() string { return strings.Join(e.Messages, " ") }

// Username returns the key of the username s, or *Invalid. White space around s
// does not count. The key of a key is itself.
func Username(s string) (key string, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", &Invalid{[]string{messageBlank}}
	}
	key, ok := canonical(s)
	long := utf8.RuneCountInString(s) > maxUsername || utf8.RuneCountInString(key) > maxUsername
	var faults []string
	switch {
	case !usernameOnly(s) || !usernameOnly(key) || !ok && !long:
		faults = append(faults, messageUsername)
	case mixesAlphabets(s):
		faults = append(faults, messageMixed)
	}
	if long {
		faults = append(faults, messageUsernameLong)
	}
	if strings.Contains(s, "\x00") {
		faults = append(faults, messageNull)
	}
	if faults != nil {
		return "", &Invalid{faults}
	}
	return key, nil
}

// Email returns the address s as it is to be shown, which is without the white
// space around it, and its key, or *Invalid.
func Email(s string) (display, key string, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", "", &Invalid{[]string{messageBlank}}
	}
	key, ok := canonical(s)
	var faults []string
	if utf8.RuneCountInString(s) > maxEmail || len(key) > maxEmail {
		faults = append(faults, messageEmailLong)
	}
	if strings.Contains(s, "\x00") {
		faults = append(faults, messageNull)
	}
	if !isAddress(s) || len(faults) == 0 && (!ok || mixesAlphabets(s)) {
		faults = append(faults, messageEmail)
	}
	if faults != nil {
		return "", "", &Invalid{faults}
	}
	return s, key, nil
}

// Lookup returns the key of what somebody typed as a name: a username or an
// address in any spelling. What cannot be a name gets a key that is nobody's, of
// its own, so that it can be counted like any name.
func Lookup(s string) string {
	if key, ok := canonical(s); ok {
		return key
	}
	digest := sha256.Sum256([]byte(s))
	return "?" + hex.EncodeToString(digest[:]) // neither a username nor an address has "?" and no "@"
}
