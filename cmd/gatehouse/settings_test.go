package main

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gatehouse/config"
)

// TestEverySettingIsRead: a setting that nothing reads is one that an operator sets in vain.
func TestEverySettingIsRead(t *testing.T) {
	var source strings.Builder
	for _, pattern := range []string{"*.go", "../../internal/doctor/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatalf("listing %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("reading %s: %v", file, err)
			}
			if !strings.HasSuffix(file, "_test.go") {
				source.Write(text)
			}
		}
	}
	method := map[string]string{"InsecureIssuer": "Exposed"} // a setting that is read through a method
	settings := reflect.TypeFor[config.Config]()
	for i := range settings.NumField() {
		field := settings.Field(i)
		if _, set := field.Tag.Lookup("env"); set && !regexp.MustCompile(`\.`+cmp.Or(method[field.Name], field.Name)+`\b`).MatchString(source.String()) {
			t.Errorf("nothing reads config.Config.%s, want it passed on to where it counts", field.Name)
		}
	}
}
