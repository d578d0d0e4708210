package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAProgramIsAskedWhatSigns asks the real program, and scripts that say what a build with
// OpenSSL does, which tests do not make.
func TestAProgramIsAskedWhatSigns(t *testing.T) {
	said := func(text string) string {
		file := filepath.Join(t.TempDir(), "gatehouse")
		if err := os.WriteFile(file, []byte("#!/bin/sh\necho '"+text+"'\n"), 0o700); err != nil {
			t.Fatalf("writing a program: %v", err)
		}
		return file
	}
	both, plain := said(`{"version":"dev","openssl":"OpenSSL 3.0.17"}`), gatehouse.Path(t)
	for _, c := range []struct {
		of   program
		want string
	}{
		{program{binary: both}, "OpenSSL 3.0.17"},
		{program{binary: both, env: []string{"GATEHOUSE_SIGNER=go", "GATEHOUSE_SIGNER=openssl"}}, "OpenSSL 3.0.17"},
		{program{binary: both, env: []string{"GATEHOUSE_SIGNER=go"}}, ""},
		{program{binary: plain}, ""},
	} {
		if got, err := c.of.signer(t.Context()); err != nil || got != c.want {
			t.Errorf("%v signs by %q, %v; want %q", c.of.env, got, err, c.want)
		}
	}
	if _, err := (program{binary: said("gatehouse dev")}).signer(t.Context()); err == nil {
		t.Error("a program that says no JSON was understood, want an error")
	}
}
