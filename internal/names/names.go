// Package names decides which usernames and e-mail addresses are valid, and which
// spellings are the same name.
//
// Two spellings are the same name if their keys are equal, byte for byte. A key is the
// compatibility form (NFKC), case-folded and with the domain of an e-mail address in
// ASCII. Usernames and addresses share one namespace: Username and Email return the same
// key for the same string, so that nobody can use another person's address as a
// username. The rule does not depend on the databases, whose collations differ.
package names

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The maximum lengths, in code points, are those of Django's columns.
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
	messageMixed        = "Enter a valid username. Letters of different alphabets may not be mixed."
	messageAlike        = "Enter a valid username. It has letters that look like others."
)

// Invalid says why a text cannot be a name.
type Invalid struct {
	// Messages are for the person who typed the text, one for each fault.
	Messages []string
}

func (e *Invalid) Error() string { return strings.Join(e.Messages, " ") }

// Username returns the key of the username s, or *Invalid. White space around s does not
// count. The key of a key is the key itself.
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
	case mixesScripts(s):
		faults = append(faults, messageMixed)
	case looksLikeAnother(key) || !isASCII(key) && looksLikeAnother(norm.NFKC.String(s)):
		faults = append(faults, messageAlike)
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

// Email returns the address s for display, which is without white space around it, and
// its key, or *Invalid.
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
	if !isAddress(s) || len(faults) == 0 && (!ok || mixesScripts(s)) {
		faults = append(faults, messageEmail)
	}
	if faults != nil {
		return "", "", &Invalid{faults}
	}
	return s, key, nil
}

// Lookup returns the key of a name that a person typed: a username or an address in any
// spelling. A text that cannot be a name gets a key of its own that no account has, so
// that its tries can be counted like those of any name.
func Lookup(s string) string {
	if key, ok := canonical(s); ok {
		return key
	}
	digest := sha256.Sum256([]byte(s))
	return "?" + hex.EncodeToString(digest[:]) // a name with "?" is an address, and so contains "@"
}
