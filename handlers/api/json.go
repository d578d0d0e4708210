package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNesting is how deep a body may nest. No body that we read is deeper than 3.
const maxNesting = 16

// A syntaxError says what is wrong with a JSON text and where, in the words of
// the Python parser whose messages front ends already handle.
type syntaxError struct {
	message string
	// line and column count from 1, char from 0; column and char are in code points.
	line, column, char int
}

func (e *syntaxError) Error() string {
	if e.line == 0 {
		return e.message
	}
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.message, e.line, e.column, e.char)
}

// parseJSON reads one JSON text (RFC 8259) more strictly than encoding/json: a name
// may occur only once and matches by exact spelling, and the text must be UTF-8
// without a byte order mark. The values are nil, bool, json.Number, string, []any and
// map[string]any.
//
// A lone surrogate in an escape becomes the three bytes that would encode it if UTF-8
// allowed surrogates. The string is then invalid UTF-8, so that the field that it is
// for refuses it with a message of its own.
func parseJSON(text []byte) (any, error) {
	if strings.HasPrefix(string(text), "\ufeff") {
		return nil, &syntaxError{"Unexpected UTF-8 BOM (decode using utf-8-sig)", 1, 1, 0}
	}
	if at := invalidUTF8(text); at >= 0 {
		return nil, &syntaxError{message: fmt.Sprintf("'utf-8' codec can't decode byte 0x%02x in position %d: invalid start byte", text[at], at)}
	}
	p := &parser{text: string(text)}
	p.blanks()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.blanks()
	if p.at < len(p.text) {
		return nil, p.fail("Extra data", p.at)
	}
	return v, nil
}

func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// parser parses text by recursive descent; at is the offset of the next byte.
type parser struct {
	text string
	at   int
}

func (p *parser) fail(message string, at int) error {
	before := p.text[:at]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return &syntaxError{
		message: message,
		line:    1 + strings.Count(before, "\n"),
		column:  1 + utf8.RuneCountInString(before[lineStart:]),
		char:    utf8.RuneCountInString(before),
	}
}

// peek returns the next byte, or 0 at the end. JSON does not allow a NUL byte either.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) blanks() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

// literals are the values spelt as words; those with a reason are valid in Python, but
// not in JSON.
var literals = []struct {
	word, reason string
	value        any
}{
	{"null", "", nil}, {"true", "", true}, {"false", "", false},
	{"NaN", "Out of range float values are not JSON compliant: 'NaN'", nil},
	{"Infinity", "Out of range float values are not JSON compliant: 'Infinity'", nil},
	{"-Infinity", "Out of range float values are not JSON compliant: '-Infinity'", nil},
}

func (p *parser) value(depth int) (any, error) {
	switch p.peek() {
	case '"':
		return p.string()
	case '{', '[':
		if depth == maxNesting {
			return nil, p.fail("Nesting too deep", p.at)
		}
		if p.peek() == '{' {
			return p.object(depth + 1)
		}
		return p.array(depth + 1)
	}
	for _, l := range literals {
		if strings.HasPrefix(p.text[p.at:], l.word) {
			if l.reason != "" {
				return nil, &syntaxError{message: l.reason}
			}
			p.at += len(l.word)
			return l.value, nil
		}
	}
	number := numeral.FindString(p.text[p.at:])
	if number == "" {
		return nil, p.fail("Expecting value", p.at)
	}
	p.at += len(number)
	return json.Number(number), nil
}

var numeral = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`)

func (p *parser) object(depth int) (any, error) {
	object := map[string]any{}
	p.at++
	p.blanks()
	if p.peek() == '}' {
		p.at++
		return object, nil
	}
	for {
		if err := p.member(object, depth); err != nil {
			return nil, err
		}
		more, err := p.more('}')
		if err != nil || !more {
			return object, err
		}
	}
}

func (p *parser) member(object map[string]any, depth int) error {
	start := p.at
	if p.peek() != '"' {
		return p.fail("Expecting property name enclosed in double quotes", p.at)
	}
	name, err := p.string()
	if err != nil {
		return err
	}
	if _, twice := object[name]; twice {
		return p.fail("Duplicate property name", start)
	}
	p.blanks()
	if p.peek() != ':' {
		return p.fail("Expecting ':' delimiter", p.at)
	}
	p.at++
	p.blanks()
	object[name], err = p.value(depth)
	return err
}

func (p *parser) array(depth int) (any, error) {
	array := []any{}
	p.at++
	p.blanks()
	if p.peek() == ']' {
		p.at++
		return array, nil
	}
	for {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
		more, err := p.more(']')
		if err != nil || !more {
			return array, err
		}
	}
}

// more skips a comma and reports true, or skips the closing bracket and reports false.
func (p *parser) more(closing byte) (bool, error) {
	p.blanks()
	switch p.peek() {
	case closing:
		p.at++
		return false, nil
	case ',':
		p.at++
		p.blanks()
		return true, nil
	}
	return false, p.fail("Expecting ',' delimiter", p.at)
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) string() (string, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return b.String(), nil
		case c < ' ':
			return "", p.fail("Invalid control character at", p.at)
		case c != '\\':
			b.WriteByte(c)
			p.at++
		default:
			if err := p.escape(&b, start); err != nil {
				return "", err
			}
		}
	}
	return "", p.fail("Unterminated string starting at", start)
}

func (p *parser) escape(b *strings.Builder, start int) error {
	if p.at+1 >= len(p.text) {
		return p.fail("Unterminated string starting at", start)
	}
	c := p.text[p.at+1]
	if c != 'u' {
		plain, ok := escapes[c]
		if !ok {
			return p.fail(`Invalid \escape`, p.at)
		}
		b.WriteByte(plain)
		p.at += 2
		return nil
	}
	unit, ok := p.unit(p.at)
	if !ok {
		return p.fail(`Invalid \uXXXX escape`, p.at+1)
	}
	p.at += 6
	if low, ok := p.unit(p.at); ok {
		if r := utf16.DecodeRune(unit, low); r != utf8.RuneError {
			b.WriteRune(r)
			p.at += 6
			return nil
		}
	}
	writeUnit(b, unit)
	return nil
}

// unit reads the UTF-16 code unit that an escape at i stands for.
func (p *parser) unit(i int) (rune, bool) {
	if i+6 > len(p.text) || p.text[i] != '\\' || p.text[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[i+2:i+6], 16, 16)
	return rune(n), err == nil
}

func writeUnit(b *strings.Builder, unit rune) {
	if !utf16.IsSurrogate(unit) {
		b.WriteRune(unit)
		return
	}
	b.Write([]byte{0xE0 | byte(unit>>12), 0x80 | byte(unit>>6)&0x3F, 0x80 | byte(unit)&0x3F}) //nolint:gosec // G115: the low bits are what is wanted
}
