package secret

import (
	"fmt"
	"math"
	"strings"
)

// The bounds of a secret that somebody else made. A digest is stored and not a slow hash
// as for passwords, so the secret must be one that nobody can guess.
const (
	MinLength = 32
	MaxLength = 256
	// minBits is the least entropy, as far as the text shows it: 32 random hexadecimal
	// digits show some 110 of their 128 bits, and one in millions less than 85.
	minBits = 80
)

// Fault returns why a text that somebody brings cannot be a secret, or "". The characters
// are those of RFC 6749 Appendix A.2 without the blank, which is easily lost.
func Fault(text string) string {
	switch {
	case len(text) < MinLength:
		return fmt.Sprintf("A secret has at least %d characters; openssl rand -hex 32 makes one.", MinLength)
	case len(text) > MaxLength:
		return fmt.Sprintf("A secret has no more than %d characters.", MaxLength)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "A secret has only letters, digits and punctuation of ASCII, and no blanks."
	case strings.Contains((text + text)[1:2*len(text)-1], text), entropy(text) < minBits, entropy(steps(text)) < minBits:
		return "The secret is too easy to guess: it repeats itself; openssl rand -hex 32 makes a better one."
	}
	return ""
}

// entropy returns the bits that the text has if each character is as likely as it is
// frequent in the text (Shannon).
func entropy(text string) float64 {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	var bits float64
	for _, n := range counts {
		if n > 0 {
			bits -= float64(n) * math.Log2(float64(n)/float64(len(text)))
		}
	}
	return bits
}

// steps returns the differences between neighbours, which are all the same in "abcdef…".
func steps(text string) string {
	differences := make([]byte, len(text)-1)
	for i := range differences {
		differences[i] = text[i+1] - text[i]
	}
	return string(differences)
}
