package mail

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"
)

// A Frame is what every message says of the server.
type Frame struct {
	// Brand is the name of the service, and Issuer its address.
	Brand, Issuer string
}

// A text is one message, written.
type text struct{ subject, plain, html string }

// said is what a template of a text gets.
type said struct {
	Frame
	Data map[string]string
	Link string
	// Time is when the act took place, and Until when the link ends; empty: not said.
	Time, Until string
}

// write writes a message. What it is about is escaped in the HTML part, and put on one line in
// the subject.
func (t *Templates) write(purpose Purpose, language string, frame Frame, at, until time.Time, data map[string]string) (w text, err error) {
	name := purpose + "." + language + ".txt"
	source := t.texts[name]
	if source == nil {
		return w, fmt.Errorf("%s is missing: a language needs a text for each purpose", name)
	}
	about := said{frame, data, data["Link"], inWords(at, language), inWords(until, language)}
	subject, err1 := part(source, "subject", about)
	plain, err2 := part(source, "text", about)
	action, err3 := part(source, "action", about)
	if err := errors.Join(err1, err2, err3); err != nil {
		return w, err
	}
	w.subject, w.plain = oneLine(subject), strings.TrimSpace(plain)+"\n"
	var b bytes.Buffer
	err = t.layout.Execute(&b, page{frame, language, w.subject, paragraphs(w.plain, about.Link), about.Link, oneLine(action)})
	w.html = b.String()
	return w, err
}

// inWords returns a time as people read it; empty for the zero time.
func inWords(t time.Time, language string) string {
	switch {
	case t.IsZero():
		return ""
	case language == "de":
		return t.UTC().Format("02.01.2006, 15:04 UTC")
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// part writes one part of a text. A text without a link has no "action".
func part(source *template.Template, name string, about said) (string, error) {
	if source.Lookup(name) == nil {
		if name == "action" {
			return "", nil
		}
		return "", fmt.Errorf("%s defines no %q", source.Name(), name)
	}
	var b bytes.Buffer
	err := source.ExecuteTemplate(&b, name, about)
	return b.String(), err
}

// maxSubject is where a subject is cut, in characters.
const maxSubject = 150

// oneLine returns s as one line without control characters.
func oneLine(s string) string {
	line := []rune(strings.Join(strings.Fields(s), " "))
	line = slices.DeleteFunc(line, func(r rune) bool { return r < ' ' || r == 0x7F })
	return string(line[:min(len(line), maxSubject)])
}

// A page is what layout.html gets.
type page struct {
	Frame
	Language, Subject string
	Paragraphs        []paragraph
	Link, Action      string
}

// A paragraph is either lines of text or the place of the link.
type paragraph struct {
	Lines  []string
	IsLink bool
}

// paragraphs splits a text at its empty lines.
func paragraphs(plain, link string) (all []paragraph) {
	for block := range strings.SplitSeq(strings.TrimSpace(plain), "\n\n") {
		if block = strings.TrimSpace(block); block != "" {
			all = append(all, paragraph{strings.Split(block, "\n"), link != "" && block == link})
		}
	}
	return all
}
