package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzFile checks that a file of settings is read or refused with *Faults, and that
// no fault shows a secret, however it was written.
func FuzzFile(f *testing.F) {
	for _, s := range []string{
		"database: %s", "database: \"mysql://u:%s@h/d\"", "redis: redis://:%s@h", "redis: redis://h/%s\nredis: x", "master_key: %s", "master_key: '%s", "master_key: *%s", "master_key: &a [%s]", "smtp_password: %s", "master_key: {a: %s}",
		"issuer: https://id.example\naddr: :8080", "a: &a *a", "- x", "!!binary %s", "? %s", "%s", "master_key: !!int %s", "master_key: |\n  %s", "cors_origins: [https://a.example, https://b.example]", "trusted_proxies: 10.0.0.0/8", "access_token_lifetime: 5m\naccess_token_lifetime: 6m", "\x00",
	} {
		f.Add(s)
	}
	folder := f.TempDir()
	const secret = "hunter2hunter2"
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(folder, "gatehouse.yaml")
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "%s", secret)), 0o600); err != nil {
			t.Fatalf("writing the file: %v", err)
		}
		c, err := Load(Sources{File: path})
		var faults *Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("loading the settings: err = %v, want nil or Faults", err)
		}
		if err == nil {
			readsBack(t, c)
		}
		for _, name := range []string{"master_key:", "redis: redis://:%s@", "database: mysql://u:%s@"} {
			if err != nil && strings.HasPrefix(text, name) && strings.Count(text, "%s") == 1 && strings.Count(text, "\n") == 0 && strings.Contains(err.Error(), secret) {
				t.Errorf("%q: the error shows the secret, want it hidden: %v", text, err)
			}
		}
	})
}

// readsBack checks that what is shown of a setting parses to the same value. It skips
// secrets.
func readsBack(t *testing.T, c Config) {
	t.Helper()
	for _, s := range settings() {
		if s.Secret {
			continue
		}
		again := Default()
		if err := s.parse(&again, s.show(c)); err != nil || s.show(again) != s.show(c) {
			t.Errorf("%s: what is shown is read as %q, %v; want %q", s.Env, s.show(again), err, s.show(c))
		}
	}
}

// FuzzEnvironment checks that a value of the environment is read or refused, and that
// no fault shows a secret.
func FuzzEnvironment(f *testing.F) {
	for _, s := range settings() {
		f.Add(s.Env, s.Default)
		f.Add(s.Env, "mysql://u:p%zz@h/d?x#y")
		f.Add(s.Env, "0")
		f.Add(s.Env, "9223372036854775808h")
	}
	f.Add("GATEHOUSE_TRUSTED_PROXIES", "::ffff:10.0.0.0/104 10.0.0.1%x")
	f.Add("GATEHOUSE_REDIS", "redis://user:hunter2/hunter2?@hunter2@h")
	f.Add("GATEHOUSE_DATABASE", "hunter2://x")
	byName := map[string]Setting{}
	for _, s := range settings() {
		byName[s.Env] = s
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		s, ok := byName[name]
		if !ok || strings.HasPrefix(name, "GATEHOUSE_TLS") {
			return
		}
		c, err := Load(Sources{File: os.DevNull, Env: func(asked string) (string, bool) { return value, asked == name }})
		if err == nil {
			readsBack(t, c)
			return
		}
		if password, ok := passwordIn(value); s.Secret && ok && strings.Contains(err.Error(), password) && !strings.Contains(strings.ReplaceAll(value, password, ""), password) {
			t.Errorf("%s=%q: the error shows the password, want it hidden: %v", name, value, err)
		}
	})
}

// passwordIn returns the text between the first colon after the scheme and the last
// "@", if it is long enough to be recognised.
func passwordIn(value string) (string, bool) {
	_, rest, found := strings.Cut(value, "://")
	at := strings.LastIndexByte(rest, '@')
	if !found || at < 0 {
		return "", false
	}
	_, password, found := strings.Cut(rest[:at], ":")
	return password, found && len(password) > 4
}
