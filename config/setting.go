package config

import (
	_ "embed"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// prefix is the prefix of all our variables.
const prefix = "GATEHOUSE_"

// A Setting describes a field of Config.
type Setting struct {
	// Env is the variable. For a secret, FileEnv is the variable that names a file with
	// the value.
	Env, FileEnv string
	// YAML is the key in the file. Flag is empty for a key, which everybody on the
	// machine could read from the command line.
	YAML, Flag string
	// Default, Kind and Bounds are texts for people.
	Default, Kind, Bounds string
	Secret                bool
	// Doc is the field's comment as one paragraph.
	Doc string

	index    int    // of the field
	secret   string // the tag: "url", "key" or empty
	min, max string
	oneOf    []string
}

// Choices returns the words that the setting may have; none if it may have others as well.
func (s Setting) Choices() []string { return slices.Clone(s.oneOf) }

// Settings returns all settings with their comments, in the order of the fields.
func Settings() []Setting {
	all := settings()
	docs := comments()
	for i := range all {
		all[i].Doc = docs[all[i].Env]
	}
	return all
}

// settings returns all settings without the comments.
func settings() []Setting {
	var all []Setting
	fields := reflect.TypeFor[Config]()
	for i := range fields.NumField() {
		field := fields.Field(i)
		if name, ok := field.Tag.Lookup("env"); ok {
			all = append(all, newSetting(i, name, field))
		}
	}
	return all
}

func newSetting(index int, name string, field reflect.StructField) Setting {
	s := Setting{
		Env:     prefix + name,
		YAML:    strings.ToLower(name),
		Flag:    strings.ReplaceAll(strings.ToLower(name), "_", "-"),
		Default: field.Tag.Get("default"),
		Kind:    kindOf(field.Type),
		index:   index,
		secret:  field.Tag.Get("secret"),
		min:     field.Tag.Get("min"),
		max:     field.Tag.Get("max"),
		oneOf:   strings.Fields(field.Tag.Get("oneof")),
	}
	switch {
	case s.secret != "":
		s.Secret, s.FileEnv = true, s.Env+"_FILE"
		if s.secret == "key" {
			s.Flag = ""
		}
	case len(s.oneOf) > 0:
		s.Kind, s.Bounds = "word", strings.Join(s.oneOf, ", ")
	case s.max != "":
		s.Bounds = s.min + " to " + s.max
	}
	return s
}

//go:embed config.go
var source string

// comments maps each variable to the comment above its field, without the field's
// name at the start, which is Go's convention.
func comments() map[string]string {
	docs := map[string]string{}
	var comment []string
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "//"); ok {
			comment = append(comment, strings.TrimSpace(text))
			continue
		}
		if _, tag, ok := strings.Cut(line, "`env:\""); ok {
			name, _, _ := strings.Cut(tag, `"`)
			docs[prefix+name] = sentence(strings.Join(comment, " "))
		}
		comment = nil
	}
	return docs
}

// sentence turns "Addr is where the server listens" into "Where the server listens".
func sentence(comment string) string {
	words := strings.SplitN(comment, " ", 3)
	if len(words) < 3 || words[1] != "is" && words[1] != "are" {
		return comment
	}
	first, size := utf8.DecodeRuneInString(words[2])
	return string(unicode.ToUpper(first)) + words[2][size:]
}
