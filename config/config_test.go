package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"gatehouse/keys/openssl"
)

// goodKey is 32 bytes in base64.
const goodKey = "Zm9yIHRlc3RzIGFsb25lLCAzMiBieXRlcyBsb25nISE="

// environment returns Sources with these variables, given without their prefix.
func environment(variables map[string]string) Sources {
	full := map[string]string{}
	for name, value := range variables {
		full["GATEHOUSE_"+name] = value
	}
	return Sources{
		Env: func(name string) (string, bool) { value, ok := full[name]; return value, ok },
		Environ: func() []string {
			pairs := []string{"PATH=/bin", "GATEHOUSES=1"}
			for name, value := range full {
				pairs = append(pairs, name+"="+value)
			}
			return pairs
		},
	}
}

// file writes a file with that mode and returns its path.
func file(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatalf("changing the mode: %v", err)
	}
	return path
}

func faultsOf(t *testing.T, from Sources) []Fault {
	t.Helper()
	_, err := Load(from)
	if err == nil {
		return nil
	}
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("%v is not *Faults, want that", err)
	}
	return faults.All
}

func TestDefaultsAreGood(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Errorf("validating the default settings: %v", err)
	}
	c, err := Load(environment(nil))
	if err != nil {
		t.Fatalf("loading the settings: %v", err)
	}
	if c.Addr != "127.0.0.1:8080" || c.Issuer != "http://localhost:8080" || c.Audience != c.Issuer || c.SignUp != "open" ||
		c.Database.Reveal() != "sqlite:gatehouse.db" || c.RefreshTokenIdle != 14*24*time.Hour || c.LogLevel != slog.LevelInfo {
		t.Errorf("the settings are %+v, want the documented defaults", c)
	}
}

func TestEverySettingIsDescribed(t *testing.T) {
	for _, s := range Settings() {
		if len(s.Doc) < 20 || !strings.HasSuffix(s.Doc, ".") || strings.Contains(s.Doc, " is "+s.Env) {
			t.Errorf("%s: description %q, want a sentence that says more than the name", s.Env, s.Doc)
		}
		if s.Kind == "number" || s.Kind == "duration" {
			if s.Bounds == "" {
				t.Errorf("%s has no bounds, want some", s.Env)
			}
		}
	}
}

func TestTheLaterSourceWins(t *testing.T) {
	path := file(t, "gatehouse.yaml", "addr: a:1\nissuer: https://file.example\naudience: file # a comment\nlog_level: warn\ntrusted_proxies:\n  - 10.0.0.0/8\n  - ::1\n", 0o644)
	from := environment(map[string]string{"ADDR": "a:2", "ISSUER": "https://env.example"})
	from.File, from.Flags = path, map[string]string{"addr": "a:3", "signup": "closed"}
	c, err := Load(from)
	if err != nil {
		t.Fatalf("loading the settings: %v", err)
	}
	got := map[string]string{}
	for _, v := range c.Values() {
		got[strings.TrimPrefix(v.Variable, prefix)] = v.Value + " from " + strings.ReplaceAll(v.Origin, path, "FILE")
	}
	for name, want := range map[string]string{
		"ADDR":            "a:3 from --addr",
		"ISSUER":          "https://env.example from GATEHOUSE_ISSUER",
		"AUDIENCE":        "file from FILE:3",
		"LOG_LEVEL":       "warn from FILE:4",
		"TRUSTED_PROXIES": "10.0.0.0/8,::1/128 from FILE:5",
		"SIGNUP":          "closed from --signup",
		"AUDIT_KEEP":      "9600h from default",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

// Compose's ${NAME:-} sets a variable to nothing if the operator has not set it.
func TestAnEmptyVariableIsUnset(t *testing.T) {
	path := file(t, "gatehouse.yaml", "access_token_lifetime: 7m\nredis: redis://cache:6379/0\n", 0o600)
	want, err := Load(Sources{File: path})
	if err != nil {
		t.Fatalf("loading the file alone: %v", err)
	}
	for _, empty := range []string{"", " ", "\n"} {
		all := map[string]string{}
		for _, s := range settings() {
			all[strings.TrimPrefix(s.Env, prefix)] = empty
			if s.FileEnv != "" {
				all[strings.TrimPrefix(s.FileEnv, prefix)] = empty
			}
		}
		from := environment(all)
		from.File = path
		got, err := Load(from)
		if err != nil {
			t.Fatalf("every variable is %q: %v, want them unset", empty, err)
		}
		if diff := cmp.Diff(want.Values(), got.Values()); diff != "" {
			t.Errorf("every variable is %q, and the settings differ from those of the file (-want +got):\n%s", empty, diff)
		}
	}
}

func TestOneOfASecretAndItsFileMayBeEmpty(t *testing.T) {
	key := file(t, "key", goodKey, 0o600)
	for _, set := range []map[string]string{{"MASTER_KEY": "", "MASTER_KEY_FILE": key}, {"MASTER_KEY": goodKey, "MASTER_KEY_FILE": ""}} {
		if c, err := Load(environment(set)); err != nil || c.MasterKey.Reveal() != goodKey {
			t.Errorf("%v: master key %q, %v; want %q", set, c.MasterKey.Reveal(), err, goodKey)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	key := file(t, "key", goodKey+"\n", 0o600)
	from := environment(map[string]string{"MASTER_KEY_FILE": key})
	from.File = file(t, "gatehouse.yaml", "database_file: "+file(t, "db", "mysql://ann:s3cret@db/gatehouse", 0o440)+"\n", 0o644)
	c, err := Load(from)
	if err != nil {
		t.Fatalf("loading the settings: %v", err)
	}
	if c.MasterKey.Reveal() != goodKey || c.Database.Reveal() != "mysql://ann:s3cret@db/gatehouse" {
		t.Errorf(`read %q and %q, want %q and "mysql://ann:s3cret@db/gatehouse"`, c.MasterKey.Reveal(), c.Database.Reveal(), goodKey)
	}
	// A file that a later source overrides does not have to exist.
	from.Env = environment(map[string]string{"DATABASE": "sqlite:x.db"}).Env
	if err := os.Remove(key); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
	if c, err := Load(from); err != nil || c.Database.Reveal() != "sqlite:x.db" {
		t.Errorf("database %v, %v; want sqlite:x.db", c.Database, err)
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	const canary = "c4nary/with:odd@signs?"
	c := Default()
	c.MasterKey = NewSecret(canary)
	c.Database = NewSecretURL("mysql://ann:" + canary + "@db:3306/gatehouse?tls=" + canary)
	c.Audience = NewSecretURL("mysql://ann:c4nary@db:3306/gatehouse?tls=c4nary").String()
	c.Redis = NewSecretURL("redis://" + canary + "@cache")
	hidden := struct{ c Config }{c}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatalf("marshalling the JSON: %v", err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatalf("marshalling the YAML: %v", err)
	}
	var log, printed bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "key", c.MasterKey, "hidden", hidden)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "key", c.MasterKey, "hidden", hidden)
	if err := c.Print(&printed); err != nil {
		t.Fatalf("printing the settings: %v", err)
	}
	shown := []string{string(encoded), string(asYAML), log.String(), printed.String(), c.Validate().Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, hidden), fmt.Sprintf(verb, c.MasterKey))
	}
	for _, text := range shown {
		if strings.Contains(text, "c4nary") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "c4nary")) {
			t.Errorf("the secret shows in %s, want it hidden", text)
		}
	}
	for _, want := range []string{"mysql://[redacted]@db:3306/gatehouse?[redacted]", "mysql:[redacted]", "GATEHOUSE_MASTER_KEY", "[redacted]"} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("printed %s, want it to contain %q", printed.String(), want)
		}
	}
}

func TestWhatMayBeSeenOfAURL(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                  "",
		"sqlite:gatehouse.db":               "sqlite:gatehouse.db",
		"redis://cache:6379/0":              "redis://cache:6379/0",
		"redis://:pw@cache:6379/0":          "redis://[redacted]@cache:6379/0",
		"redis://pw@cache":                  "redis://[redacted]@cache",
		"mysql://ann:p/w@db/g":              "mysql://[redacted]@db/g",
		"mysql://ann:p/w@x:y@db/g":          "mysql:[redacted]",
		"mysql://ann:p?w@db/g":              "mysql:[redacted]",
		"redis+sentinel://u:p@a:1,b:2/main": "redis+sentinel://[redacted]@a:1,b:2/main",
		"mysql://db/g?password=pw":          "mysql://db/g?[redacted]",
		"mysql://u:s3cret":                  "mysql:[redacted]",
		"mysql://u:12345":                   "mysql:[redacted]",
		"mysql://u:s3/cret":                 "mysql:[redacted]",
		"mysql://u:s3#cret@db/g":            "mysql://[redacted]@db/g",
		"mysql://u@db/g#s3cret":             "mysql:[redacted]",
		"mysql://u@db:s3cret/g":             "mysql:[redacted]",
		"mysql:u:s3cret":                    "[redacted]",
		"u:s3cret@tcp(db)/g":                "[redacted]",
		"redis://:s3cret":                   "redis:[redacted]",
		"redis://cache:s3cret/0":            "redis:[redacted]",
		"redis://h/s3?cret@":                "redis:[redacted]",
		"rediss://[::1]:6379/0":             "rediss://[::1]:6379/0",
		"postgres://u:s3cret@db/g":          "postgres://[redacted]@db/g",
		"postgres://u:s3cret":               "postgres:[redacted]",
		"s3cret":                            "[redacted]",
		"ann/s3cret@db:3306":                "[redacted]",
	} {
		if got := NewSecretURL(raw).String(); got != want {
			t.Errorf("of %q %q shows, want %q", raw, got, want)
		}
	}
}

// Every fault names its variable and says what was wrong with the value.
func TestBadConfigurations(t *testing.T) {
	openKey := file(t, "key", goodKey, 0o644)
	empty := file(t, "empty", "\n", 0o600)
	const mysql = "mysql://ann:s3cret@db/gatehouse"
	for _, c := range []struct {
		set  map[string]string
		want string // the start of the fault, without the prefix of the variable
	}{
		{map[string]string{"ADDR": "8080"}, "ADDR 8080 is not an address"},
		{map[string]string{"ADDR": "localhost:http"}, "ADDR localhost:http is not an address"},
		{map[string]string{"ADDR": ":65536"}, "ADDR :65536 is not an address"},
		{map[string]string{"METRICS_ADDR": "9090"}, "METRICS_ADDR 9090 is not an address"},
		{map[string]string{"METRICS_ADDR": "127.0.0.1:8080"}, "METRICS_ADDR 127.0.0.1:8080 is GATEHOUSE_ADDR already; say main"},
		{map[string]string{"SECURITY_CONTACT": "security@example.com"}, "SECURITY_CONTACT security@example.com is not a URI; write mailto:security@example.com"},
		{map[string]string{"SECURITY_CONTACT": "http://example.com/report"}, "SECURITY_CONTACT http://example.com/report begins with none of mailto:"},
		{map[string]string{"SECURITY_CONTACT": "mailto:"}, "SECURITY_CONTACT mailto: begins with none of mailto:"},
		{map[string]string{"SECURITY_CONTACT": "https://example.com/\nPolicy:x"}, `SECURITY_CONTACT "https://example.com/\nPolicy:x" is not a URI`},
		{map[string]string{"SMTP": "mail.example.com:587", "MAIL_FROM": "a@example.com"}, "SMTP [redacted] is neither smtp://user"},
		{map[string]string{"SMTP": "smtp://ann:s3cret@", "MAIL_FROM": "a@example.com"}, "SMTP smtp://[redacted]@ is neither smtp://user"},
		{map[string]string{"SMTP": "http://ann:s3cret@mail.example.com", "MAIL_FROM": "a@example.com"}, "SMTP http://[redacted]@mail.example.com is neither smtp://user"},
		{map[string]string{"SMTP": "smtp://ann@mail.example.com", "MAIL_FROM": "a@example.com"}, "SMTP smtp://[redacted]@mail.example.com needs both a user and a password"},
		{map[string]string{"SMTP": "smtp://ann:s3cret@mail.example.com/x", "MAIL_FROM": "a@example.com"}, "SMTP smtp://[redacted]@mail.example.com/x has more after"},
		{map[string]string{"SMTP": "smtp://ann:s3cret@mail.example.com?tls=off", "MAIL_FROM": "a@example.com"}, "SMTP smtp://[redacted]@mail.example.com?[redacted] has a parameter other than tls=optional"},
		{map[string]string{"SMTP": "smtp://ann:s3cret@mail.example.com?tls=optional&x=1", "MAIL_FROM": "a@example.com"}, "SMTP smtp://[redacted]@mail.example.com?[redacted] has a parameter other"},
		{map[string]string{"SMTP": "smtps://ann:s3cret@mail.example.com?tls=optional", "MAIL_FROM": "a@example.com"}, "SMTP smtps://[redacted]@mail.example.com?[redacted] has tls=optional, but"},
		{map[string]string{"SMTP": "smtp://ann:changeme@mail.example.com", "MAIL_FROM": "a@example.com"}, "SMTP has a password from an example"},
		{map[string]string{"SMTP": "smtp://ann:s3%ret@mail.example.com", "MAIL_FROM": "a@example.com"}, "SMTP smtp://[redacted]@mail.example.com is not a URL"},
		{map[string]string{"SMTP": "smtp://ann:s3cret@mail.example.com"}, "MAIL_FROM is not set, though GATEHOUSE_SMTP is"},
		{map[string]string{"SIGNUP": "verified"}, "SIGNUP is verified, but addresses are proved by mail"},
		{map[string]string{"MAIL_FROM": "a@example.com"}, "MAIL_FROM is set, though GATEHOUSE_SMTP is not"},
		{map[string]string{"SMTP": "smtp://mail.example.com", "MAIL_FROM": "Example"}, `MAIL_FROM "Example" is not an address`},
		{map[string]string{"SMTP": "smtp://mail.example.com", "MAIL_FROM": "Example <a@example.com>\nBcc: <b@example.com>"}, `MAIL_FROM "Example <a@example.com>\nBcc: <b@example.com>" is not an address`},
		{map[string]string{"SMTP": "smtp://mail.example.com", "MAIL_FROM": strings.Repeat("x", 101) + " <a@example.com>"}, `MAIL_FROM "` + strings.Repeat("x", 101) + ` <a@example.com>" has a name of more than 100 bytes`},
		{map[string]string{"MAIL_TEMPLATES": openKey}, "MAIL_TEMPLATES " + openKey + " is not a folder"},
		{map[string]string{"ISSUER": "login.example.com"}, "ISSUER login.example.com is not a URL"},
		{map[string]string{"ISSUER": "ftp://login.example.com"}, "ISSUER ftp://login.example.com is not a URL"},
		{map[string]string{"ISSUER": "http://login.example.com"}, "ISSUER http://login.example.com is not https"},
		{map[string]string{"ISSUER": "http://localhost.example.com"}, "ISSUER http://localhost.example.com is not https"},
		{map[string]string{"ISSUER": "https://login.example.com/"}, "ISSUER https://login.example.com/ ends in a slash"},
		{map[string]string{"ISSUER": "https://login.example.com//auth"}, "ISSUER https://login.example.com//auth has a path with more"},
		{map[string]string{"ISSUER": "https://login.example.com/a/../b"}, "ISSUER https://login.example.com/a/../b has a path with more"},
		{map[string]string{"ISSUER": "https://login.example.com/%61uth"}, "ISSUER https://login.example.com/%61uth has a path with more"},
		{map[string]string{"ISSUER": "https://login.example.com/{auth}"}, "ISSUER https://login.example.com/{auth} has a path with more"},
		{map[string]string{"ISSUER": "https://login.example.com?a=b"}, "ISSUER https://login.example.com?[redacted] has a user, a query"},
		{map[string]string{"ISSUER": "https://ann:s3cret@example.com"}, "ISSUER https://[redacted]@example.com has a user"},
		{map[string]string{"ISSUER": "https://ann:s3cret@"}, "ISSUER https://[redacted]@ is not a URL"},
		{map[string]string{"ISSUER": "ann:s3cret@example.com"}, "ISSUER [redacted] is not a URL"},
		{map[string]string{"ISSUER": "https://example.com/ann:s3cret@b"}, "ISSUER https://[redacted]@b has a path with more"},
		{map[string]string{"AUDIENCE": "https://ann:s3cret @example.com"}, "AUDIENCE https://[redacted]@example.com contains white space"},
		{map[string]string{"ADDR": "ann:s3cret@example.com"}, "ADDR [redacted] is not an address"},
		{map[string]string{"INSECURE_ISSUER": "yes"}, "INSECURE_ISSUER yes is not one of allow, refuse"},
		{map[string]string{"DATABASE": "mysql://u:s3cret", "MASTER_KEY": goodKey}, "DATABASE mysql:[redacted] is not a URL"},
		{map[string]string{"REDIS": "redis//:s3cret@cache"}, "REDIS [redacted] is not one of"},
		{map[string]string{"AUDIENCE": "a b"}, `AUDIENCE "a b" contains white space`},
		{map[string]string{"DATABASE": "postgres://ann:s3cret@db/g"}, "DATABASE postgres://[redacted]@db/g is neither"},
		{map[string]string{"DATABASE": "s3cret"}, "DATABASE [redacted] is neither"},
		{map[string]string{"DATABASE": "sqlite:"}, "DATABASE sqlite: does not name a file"},
		{map[string]string{"DATABASE": "mysql://db/gatehouse", "MASTER_KEY": goodKey}, "DATABASE mysql://db/gatehouse needs a user"},
		{map[string]string{"DATABASE": "mysql://ann:s3cret@db", "MASTER_KEY": goodKey}, "DATABASE mysql://[redacted]@db needs"},
		{map[string]string{"DATABASE": "mysql://ann:s3%cret@db/g", "MASTER_KEY": goodKey}, "DATABASE mysql://[redacted]@db/g is not a URL"},
		{map[string]string{"DATABASE": "mysql://ann:change-me@db/g", "MASTER_KEY": goodKey}, "DATABASE has a password from an example"},
		{map[string]string{"DATABASE": mysql}, "MASTER_KEY is not set, which MySQL requires"},
		{map[string]string{"DATABASE": mysql, "DATABASE_FILE": openKey, "MASTER_KEY": goodKey}, "DATABASE is given twice: as GATEHOUSE_DATABASE and as GATEHOUSE_DATABASE_FILE"},
		{map[string]string{"DATABASE_CONNECTIONS": "1"}, "DATABASE_CONNECTIONS 1 is not between 2 and 10000"},
		{map[string]string{"DATABASE_CONNECTIONS": "many"}, "DATABASE_CONNECTIONS many is not a whole number"},
		{map[string]string{"REDIS": "localhost:6379"}, "REDIS [redacted] is not one of"},
		{map[string]string{"REDIS": "http://cache"}, "REDIS http://cache is not one of"},
		{map[string]string{"REDIS": "redis://:changeme@cache"}, "REDIS has a password from an example"},
		{map[string]string{"MASTER_KEY": "changeme"}, "MASTER_KEY is not 32 bytes in base64"},
		{map[string]string{"MASTER_KEY": "c2hvcnQ="}, "MASTER_KEY is not 32 bytes in base64"},
		{map[string]string{"MASTER_KEY": strings.Repeat("A", 43) + "="}, "MASTER_KEY is one byte repeated"},
		{map[string]string{"MASTER_KEY_FILE": "/nowhere/key"}, "MASTER_KEY cannot be read from a file: open /nowhere/key"},
		{map[string]string{"MASTER_KEY_FILE": openKey}, "MASTER_KEY cannot be read from a file: " + openKey + " can be read by everybody (mode 0644)"},
		{map[string]string{"MASTER_KEY_FILE": empty}, "MASTER_KEY cannot be read from a file: " + empty + " is empty"},
		{map[string]string{"MASTER_KEY_FILE": t.TempDir()}, "MASTER_KEY cannot be read from a file: read"},
		{map[string]string{"MASTER_KEY": goodKey, "MASTER_KEY_FILE": openKey}, "MASTER_KEY is given twice"},
		{map[string]string{"LOG_LEVEL": "loud"}, "LOG_LEVEL loud is not one of debug, info, warn, error"},
		{map[string]string{"LOG_LEVEL": "warm"}, "LOG_LEVEL warm is not one of debug, info, warn, error; did you mean warn?"},
		{map[string]string{"SIGNER": "fast"}, "SIGNER fast is not one of auto, go, openssl"},
		{map[string]string{"SIGNUP": "maybe"}, "SIGNUP maybe is not one of open, closed"},
		{map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, `TRUSTED_PROXIES "10.0.0.0/8, proxy" is not a list of networks`},
		{map[string]string{"TRUSTED_PROXIES": "10.0.0.0/33"}, "TRUSTED_PROXIES 10.0.0.0/33 is not a list of networks"},
		{map[string]string{"TRUSTED_PROXIES": "0.0.0.0/0"}, "TRUSTED_PROXIES 0.0.0.0/0 trusts everybody"},
		{map[string]string{"CORS_ORIGINS": "*"}, "CORS_ORIGINS * is not an origin"},
		{map[string]string{"CORS_ORIGINS": "https://*.example.com"}, "CORS_ORIGINS https://*.example.com is not an origin"},
		{map[string]string{"CORS_ORIGINS": "https://a.example,null"}, "CORS_ORIGINS null is not an origin"},
		{map[string]string{"CORS_ORIGINS": "https://a.example/"}, "CORS_ORIGINS https://a.example/ is not an origin"},
		{map[string]string{"CORS_ORIGINS": "http://a.example"}, "CORS_ORIGINS http://a.example is not https"},
		{map[string]string{"CORS_ORIGINS": "https://a.example/app"}, "CORS_ORIGINS https://a.example/app is not an origin"},
		{map[string]string{"CORS_ORIGINS": "https://a.example?x"}, "CORS_ORIGINS https://a.example?x is not an origin"},
		{map[string]string{"CORS_ORIGINS": "https://ann@a.example"}, "CORS_ORIGINS https://[redacted]@a.example is not an origin"},
		{map[string]string{"CORS_ORIGINS": "https://A.example"}, "CORS_ORIGINS https://A.example is not an origin"},
		{map[string]string{"CORS_ORIGINS": "https://a.example:"}, "CORS_ORIGINS https://a.example: is not an origin"},
		{map[string]string{"CORS_ORIGINS": "a.example"}, "CORS_ORIGINS a.example is not an origin"},
		{map[string]string{"CORS_ORIGINS": "capacitor://localhost/"}, "CORS_ORIGINS capacitor://localhost/ is not an origin"},
		{map[string]string{"CORS_ORIGINS": "capacitor://*"}, "CORS_ORIGINS capacitor://* is not an origin"},
		{map[string]string{"CORS_ORIGINS": "capacitor:localhost"}, "CORS_ORIGINS capacitor:localhost is not an origin"},
		{map[string]string{"CORS_ORIGINS": "capacitor://"}, "CORS_ORIGINS capacitor:// is not an origin"},
		{map[string]string{"CORS_ORIGINS": "javascript:alert(1)"}, "CORS_ORIGINS javascript:alert(1) is not an origin"},
		{map[string]string{"CORS_ORIGINS": "javascript://localhost"}, "CORS_ORIGINS javascript://localhost is never the origin"},
		{map[string]string{"CORS_ORIGINS": "data://localhost"}, "CORS_ORIGINS data://localhost is never the origin"},
		{map[string]string{"CORS_ORIGINS": "file://localhost"}, "CORS_ORIGINS file://localhost is never the origin"},
		{map[string]string{"TLS_CERT": openKey, "ISSUER": "https://a.example"}, "TLS_KEY is not set, though GATEHOUSE_TLS_CERT is"},
		{map[string]string{"TLS_KEY": openKey}, "TLS_CERT is not set, though GATEHOUSE_TLS_KEY is"},
		{map[string]string{"TLS_CERT": openKey, "TLS_KEY": openKey, "ISSUER": "https://a.example"}, "TLS_KEY " + openKey + " and the certificate cannot be loaded"},
		{map[string]string{"AUDIT_SINK": "/var/log/audit.jsonl"}, "AUDIT_SINK /var/log/audit.jsonl is neither stdout nor file: and a path"},
		{map[string]string{"AUDIT_SINK": "file:"}, "AUDIT_SINK file: is neither"},
		{map[string]string{"STOLEN_PASSWORDS": "missing"}, "STOLEN_PASSWORDS cannot be used: "},
		{map[string]string{"STOLEN_PASSWORDS": openKey}, "STOLEN_PASSWORDS cannot be used: " + openKey + ": the line at byte 0 is not a SHA-1"},
		{map[string]string{"ACCESS_TOKEN_LIFETIME": "24h"}, "ACCESS_TOKEN_LIFETIME 24h is not between 1m and 1h"},
		{map[string]string{"ACCESS_TOKEN_LIFETIME": "300"}, "ACCESS_TOKEN_LIFETIME 300 is not a duration with its unit"},
		{map[string]string{"ACCESS_TOKEN_LIFETIME": "-5m"}, "ACCESS_TOKEN_LIFETIME -5m is not between"},
		{map[string]string{"REFRESH_GRACE": "61s"}, "REFRESH_GRACE 1m1s is not between 0s and 60s"},
		{map[string]string{"REFRESH_TOKEN_IDLE": "2161h"}, "REFRESH_TOKEN_IDLE 2161h is more than GATEHOUSE_REFRESH_TOKEN_LIFETIME, 2160h"},
		{map[string]string{"REFRESH_TOKEN_IDLE": "2m"}, "REFRESH_TOKEN_IDLE 2m is less than GATEHOUSE_ACCESS_TOKEN_LIFETIME, 5m"},
		{map[string]string{"PASSWORD_MIN_LENGTH": "7"}, "PASSWORD_MIN_LENGTH 7 is not between 8 and 64"},
		{map[string]string{"PASSWORD_MEMORY_KIB": "64MiB"}, "PASSWORD_MEMORY_KIB 64MiB is not a whole number"},
		{map[string]string{"PASSWORD_MEMORY_KIB": "99999999999999999999"}, "PASSWORD_MEMORY_KIB 99999999999999999999 is not a whole number"},
		{map[string]string{"PASSWORD_ITERATIONS": "1"}, "PASSWORD_ITERATIONS 1 is too few for GATEHOUSE_PASSWORD_MEMORY_KIB 19456"},
		{map[string]string{"PASSWORD_BUDGET_MIB": "16"}, "PASSWORD_BUDGET_MIB 16 has no room for one hash"},
		{map[string]string{"KEY_ROTATE_EVERY": "30m"}, "KEY_PUBLISH_LEAD 1h is not less than GATEHOUSE_KEY_ROTATE_EVERY, 30m"},
		{map[string]string{"SIGNIN_FREE_TRIES": "0"}, "SIGNIN_FREE_TRIES 0 is not between 1 and 100"},
		{map[string]string{"AUDIT_KEEP": "1s"}, "AUDIT_KEEP 1s is not between 24h and 175200h"},
		{map[string]string{"ISUER": "https://a.example"}, "ISUER is not a setting; did you mean GATEHOUSE_ISSUER?"},
		{map[string]string{"ISSUER_FILE": "/tmp/issuer"}, "ISSUER_FILE is not a setting; did you mean GATEHOUSE_ISSUER?"},
		{map[string]string{"WHATEVER_THIS_IS": "1"}, "WHATEVER_THIS_IS is not a setting"},
	} {
		faults := faultsOf(t, environment(c.set))
		if len(faults) != 1 || !strings.HasPrefix(faults[0].String(), prefix+c.want) {
			t.Errorf("%v: %q, want %q", c.set, faults, c.want)
		}
		for _, f := range faults {
			if strings.Contains(f.String(), "s3cret") || strings.Contains(f.String(), "change") {
				t.Errorf("a secret shows: %s, want it hidden", f)
			}
		}
	}
}

// Tests reach the server by the name of its container.
func TestAnIssuerOverTheNetworkIsForTests(t *testing.T) {
	allowed := map[string]string{"ISSUER": "http://gatehouse:8080", "CORS_ORIGINS": "http://app:3000", "INSECURE_ISSUER": "allow"}
	c, err := Load(environment(allowed))
	if err != nil || !c.Exposed() {
		t.Errorf("loading %v: exposed = %t, %v; want true", allowed, c.Exposed(), err)
	}
	for _, safe := range []string{"http://localhost:8080", "https://gatehouse"} {
		c, err := Load(environment(map[string]string{"ISSUER": safe, "INSECURE_ISSUER": "allow"}))
		if err != nil || c.Exposed() {
			t.Errorf("loading the issuer %s: exposed = %t, %v; want false", safe, c.Exposed(), err)
		}
	}
	delete(allowed, "INSECURE_ISSUER")
	if faults := faultsOf(t, environment(allowed)); len(faults) != 2 {
		t.Errorf("without INSECURE_ISSUER: faults %q, want one for the issuer and one for the origin", faults)
	}
}

func TestOpenSSLIsForBuildsThatHaveIt(t *testing.T) {
	c, err := Load(Sources{Flags: map[string]string{"signer": "openssl"}})
	if openssl.Usable() == nil {
		if err != nil || c.Signer != "openssl" {
			t.Errorf("signer %q, %v; want openssl", c.Signer, err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_SIGNER openssl cannot be used: this ") {
		t.Errorf("loading: %v, want a fault that says why OpenSSL cannot be used", err)
	}
}

func TestBadFiles(t *testing.T) {
	for text, want := range map[string]string{
		"addr: [":                         "FILE is not YAML",
		"- addr":                          "FILE does not consist of",
		"adr: localhost:1":                "adr is not a setting; did you mean addr? (FILE:1)",
		"GATEHOUSE_ADDR: a:1":             "GATEHOUSE_ADDR is not a setting (FILE:1)",
		"addr: a:1\naddr: a:2":            "addr occurs twice (FILE:2)",
		"addr: {host: a}":                 "addr is neither a simple value nor a list (FILE:1)",
		"\naccess_token_lifetime: 300":    "GATEHOUSE_ACCESS_TOKEN_LIFETIME 300 is not a duration with its unit, such as 90s, 15m or 720h (FILE:2)",
		"access_token_lifetime: 2h":       "GATEHOUSE_ACCESS_TOKEN_LIFETIME 2h is not between 1m and 1h (FILE:1)",
		"log_level:":                      `GATEHOUSE_LOG_LEVEL "" is not one of debug, info, warn, error (FILE:1)`,
		"master_key: " + goodKey:          "GATEHOUSE_MASTER_KEY is in a file that is not private: FILE can be read by everybody (mode 0644); chmod 600 it (FILE:1)",
		"redis: redis://x\nredis_file: x": "GATEHOUSE_REDIS is given twice: as FILE:1 and as FILE:2",
		"master_key_file: /nowhere/key":   "GATEHOUSE_MASTER_KEY cannot be read from a file: open /nowhere/key: no such file or directory (FILE:1)",
	} {
		path := file(t, "gatehouse.yaml", text, 0o644)
		faults := faultsOf(t, Sources{File: path})
		if len(faults) != 1 || !strings.HasPrefix(strings.ReplaceAll(faults[0].String(), path, "FILE"), want) {
			t.Errorf("%q: %q, want %q", text, faults, want)
		}
	}
	if faults := faultsOf(t, Sources{File: "/nowhere/gatehouse.yaml"}); len(faults) != 1 {
		t.Errorf("a file that is not there: faults %q, want one", faults)
	}
}

func TestBadFlags(t *testing.T) {
	for flag, value := range map[string]string{
		"database":   "mysql://ann:s3cret@db/gatehouse",
		"redis":      "redis://:s3cret@cache",
		"master-key": goodKey,
		"nonsense":   "1",
	} {
		faults := faultsOf(t, Sources{Flags: map[string]string{flag: value}})
		if len(faults) != 1 || strings.Contains(faults[0].String(), "s3cret") || !strings.Contains(faults[0].String(), "--"+flag) {
			t.Errorf("--%s: faults %q, want one that names the flag and hides the value", flag, faults)
		}
	}
}

func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	from := environment(map[string]string{"ADDR": "x", "ISSUER": "y", "ACCESS_TOKEN_LIFETIME": "z", "MASTER_KEY": "changeme", "TYPO": "1"})
	from.Flags = map[string]string{"signup": "perhaps"}
	_, err := Load(from)
	if err == nil {
		t.Fatal("loading gave no fault, want all of them")
	}
	for _, want := range []string{"6 faults", "GATEHOUSE_ADDR x", "GATEHOUSE_ISSUER y", "GATEHOUSE_ACCESS_TOKEN_LIFETIME z", "GATEHOUSE_MASTER_KEY is", "GATEHOUSE_TYPO is", "GATEHOUSE_SIGNUP perhaps is not one of open, closed, verified (--signup)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant it to say %q", err, want)
		}
	}
}

func TestOriginsOfWebsitesAndOfWebViews(t *testing.T) {
	want := []string{
		"https://app.example.com", "https://app.example.com:8443", "http://localhost:5173", "http://[::1]:5173", "http://tauri.localhost",
		"capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://com.example.shop",
		"chrome-extension://abcdefghijklmnopabcdefghijklmnop", "moz-extension://0f2a4b1c-0d6e-4d3c-9a57-1e2f3a4b5c6d",
	}
	c, err := Load(environment(map[string]string{"CORS_ORIGINS": strings.Join(want, ",")}))
	if err != nil || !slices.Equal(c.CORSOrigins, want) {
		t.Errorf("origins %q, %v; want %q", c.CORSOrigins, err, want)
	}
}

func TestVariablesOfOthersAreLeftAlone(t *testing.T) {
	if faults := faultsOf(t, environment(map[string]string{
		"SERVICE_HOST": "10.0.0.1", "SERVICE_PORT": "80", "SERVICE_PORT_HTTP": "80", "PORT": "tcp://10.0.0.1:80",
		"PORT_80_TCP": "tcp://10.0.0.1:80", "PORT_80_TCP_ADDR": "10.0.0.1", "REDIS_SERVICE_HOST": "10.0.0.2", "REDIS_PORT_6379_TCP_PROTO": "tcp",
		"TEST_MYSQL": "x",
	})); faults != nil {
		t.Errorf("faults: %q, want none", faults)
	}
}

func TestTLSFiles(t *testing.T) {
	certificate, key := selfSigned(t)
	set := map[string]string{"ISSUER": "https://a.example", "TLS_CERT": file(t, "cert", certificate, 0o644), "TLS_KEY": file(t, "key", key, 0o600)}
	if faults := faultsOf(t, environment(set)); faults != nil {
		t.Errorf("faults: %q, want none", faults)
	}
	for name, change := range map[string]map[string]string{
		"TLS_KEY is": {"TLS_KEY": ""},
		"ISSUER http://localhost:8080 is not https": {"ISSUER": "http://localhost:8080"},
	} {
		bad := maps.Clone(set)
		maps.Copy(bad, change)
		if faults := faultsOf(t, environment(bad)); len(faults) != 1 || !strings.HasPrefix(faults[0].String(), prefix+name) {
			t.Errorf("%s: faults %q, want one about %s", name, faults, prefix+name)
		}
	}
	_, other := selfSigned(t)
	for what, text := range map[string]string{"another's key": other, "open to all": key} {
		bad := maps.Clone(set)
		bad["TLS_KEY"] = file(t, "key", text, 0o644)
		if faults := faultsOf(t, environment(bad)); len(faults) != 1 || !strings.HasPrefix(faults[0].String(), "GATEHOUSE_TLS_KEY") {
			t.Errorf("%s: faults %q, want one about GATEHOUSE_TLS_KEY", what, faults)
		}
	}
}

func TestTheFileInTheWorkingFolderIsRead(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("gatehouse.yaml", []byte("addr: a:1"), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	if c, err := Load(Sources{}); err != nil || c.Addr != "a:1" {
		t.Errorf("address = %q, %v; want a:1", c.Addr, err)
	}
}

func TestWhatIsShownIsReadAgain(t *testing.T) {
	c := Default()
	for _, s := range settings() {
		var again Config
		if err := s.parse(&again, s.show(c)); err != nil || s.show(again) != s.show(c) {
			t.Errorf("%s: what is shown is read as %q, %v; want %q", s.Env, s.show(again), err, s.show(c))
		}
	}
	if names := slices.Collect(maps.Keys(comments())); len(names) != len(settings()) {
		t.Errorf("%d settings have a comment, want all %d", len(names), len(settings()))
	}
}
