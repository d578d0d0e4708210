package web

import (
	"embed"
	"strings"
)

// Snippets are copies of files in docs/snippets/apis, where tests run them. The module of the
// Go one keeps the compiler from embedding them there.
//
//go:embed snippets
var snippets embed.FS

// A Snippet is code to copy. ID tells those of a page apart.
type Snippet struct{ ID, File, Text string }

// snippetFiles are the files that verify tokens, by language.
var snippetFiles = map[string][]string{"go": {"protect.go", "keys.go"}, "node": {"protect.mjs"}, "python": {"tokens.py"}}

// Snippets returns the code in a language that verifies access tokens of a type; none for
// another language.
func Snippets(language, tokenType string) (all []Snippet) {
	for _, file := range snippetFiles[language] {
		all = append(all, Snippet{ID: strings.ReplaceAll(file, ".", "-"), File: file, Text: strings.ReplaceAll(string(mustRead(file)), "at+jwt", tokenType)})
	}
	return all
}

func mustRead(file string) []byte {
	text, err := snippets.ReadFile("snippets/" + file + ".txt")
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return text
}
