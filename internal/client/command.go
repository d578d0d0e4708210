package client

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
)

// KindFlag is the command-line flag of the kind of a new client.
const KindFlag = "kind"

// Command returns the command that registers what the caller sends, as words of a shell.
func Command(kind string, in Input) []string {
	words := []string{"gatehouse", "client", "create"}
	if kind != "" {
		words = append(words, "--"+KindFlag, kind)
	}
	for _, a := range Attributes(grant.Types()) {
		for _, value := range flagValues(a.Sent(&in), a.Schema) {
			words = append(words, "--"+a.Flag+value)
		}
	}
	return words
}

// flagValues returns what follows the name of a flag for what was sent, once for each time
// that the flag is given.
func flagValues(sent any, schema fields.Schema) (values []string) {
	switch sent := sent.(type) {
	case *fields.Text:
		if sent.Is() && sent.Value != "" {
			return []string{" " + Quoted(sent.Value)}
		}
	case *fields.Flag:
		if sent.Is() && sent.Value {
			return []string{""}
		}
	case *fields.List:
		for _, v := range sent.Values {
			values = append(values, " "+Quoted(v))
		}
	case *fields.Number:
		if sent.Is() && sent.Value != 0 {
			return []string{" " + inFlag(sent.Value, schema)}
		}
	}
	return values
}

// inFlag writes a number as its flag reads it: a lifetime with its unit.
func inFlag(n int64, schema fields.Schema) string {
	if strings.Contains(schema.Description, "seconds") {
		return (time.Duration(n) * time.Second).String()
	}
	return fmt.Sprint(n)
}

// plainWord are the characters that a shell takes as they are.
const plainWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:/@%+="

// Quoted returns a text as one word of a shell (POSIX 2.2.2).
func Quoted(text string) string {
	if text != "" && strings.Trim(text, plainWord) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
