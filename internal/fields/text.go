package fields

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// CharFaults returns the faults that concern every kind of text: a length over maxLength
// code points (0: any), the character NUL, and halves of surrogate pairs, which a JSON
// escape can smuggle in but no encoding of text allows.
func CharFaults(s string, maxLength int) []string {
	var faults []string
	if maxLength > 0 && utf8.RuneCountInString(s) > maxLength {
		faults = append(faults, fmt.Sprintf("Ensure this field has no more than %d characters.", maxLength))
	}
	if strings.Contains(s, "\x00") {
		faults = append(faults, NullChar)
	}
	return append(faults, Surrogates(s)...)
}

// Surrogates returns a fault if s is not valid UTF-8. If the reason is half of a surrogate
// pair, the fault names it.
func Surrogates(s string) []string {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError || size > 1 {
			i += size
			continue
		}
		if i+2 < len(s) && s[i] == 0xED && s[i+1] >= 0xA0 {
			unit := 0xD000 | int(s[i+1]&0x3F)<<6 | int(s[i+2]&0x3F)
			return []string{fmt.Sprintf("Surrogate characters are not allowed: U+%X.", unit)}
		}
		return []string{"Not valid UTF-8."}
	}
	return nil
}

// Or joins the choices in a sentence: "a, b or c".
func Or(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
