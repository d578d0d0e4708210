package console

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/names"
	"gatehouse/web"
)

// A beginning reports whether a search looks at what begins at a byte of a text.
type beginning func(text string, at int) bool

func firstWord(_ string, at int) bool { return at == 0 }

func addressWord(text string, at int) bool {
	return at == 0 || at == strings.LastIndexByte(text, '@')+1
}

func anyWord(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	return at == 0 || !inWord(before)
}

func inWord(r rune) bool { return unicode.In(r, unicode.Letter, unicode.Number, unicode.Mark) }

// foundIn splits a text into parts, of which those are marked that begin with one of the words.
// The words are folded (names.Plain), and the text is as the person spelt it.
func foundIn(text string, words []string, begins beginning) (parts []web.Match) {
	from := 0
	for at := 0; at < len(text); {
		_, size := utf8.DecodeRuneInString(text[at:])
		n := 0
		if begins(text, at) {
			n = longest(text[at:], words)
		}
		if n == 0 {
			at += size
			continue
		}
		if at > from {
			parts = append(parts, web.Match{Text: text[from:at]})
		}
		parts = append(parts, web.Match{Text: text[at : at+n], Found: true})
		at += n
		from = at
	}
	if from < len(text) {
		parts = append(parts, web.Match{Text: text[from:]})
	}
	return parts
}

// longest returns how many bytes of the text the longest word covers that it begins with.
func longest(text string, words []string) (n int) {
	plain := names.Plain(text)
	for _, word := range words {
		if strings.HasPrefix(plain, word) {
			n = max(n, covering(text, word))
		}
	}
	return n
}

// covering returns how many bytes of the text make up a word with which its folded form begins.
func covering(text, word string) int {
	for at := range text {
		if at > 0 && strings.HasPrefix(names.Plain(text[:at]), word) {
			return at + marksAfter(text[at:])
		}
	}
	return len(text)
}

// marksAfter returns how many bytes of accents belong to the letter before.
func marksAfter(text string) int {
	for at, r := range text {
		if !unicode.Is(unicode.Mark, r) {
			return at
		}
	}
	return len(text)
}
