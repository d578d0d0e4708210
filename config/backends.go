package config

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

func database(c Config) string {
	raw := c.Database.Reveal()
	scheme, path, _ := strings.Cut(raw, ":")
	switch scheme {
	case "sqlite":
		if path == "" || strings.HasPrefix(path, ":memory:") {
			return raw + " does not name a file"
		}
	case "mysql", "mariadb":
		return mySQL(c.Database)
	default:
		return c.Database.String() + " is neither sqlite:path nor mysql://user:password@host:3306/name"
	}
	return ""
}

func mySQL(s Secret) string {
	u, err := url.Parse(s.Reveal())
	switch {
	case err != nil:
		return s.String() + " is not a URL; write special characters in a password as %XX"
	case u.User.Username() == "" || strings.Trim(u.Path, "/") == "" || u.Hostname() == "" && !u.Query().Has("socket"):
		return s.String() + " needs a user, a host and a name: mysql://user:password@host:3306/name"
	}
	return samplePassword(u.User)
}

func redis(c Config) string {
	raw := c.Redis.Reveal()
	scheme, rest, _ := strings.Cut(raw, "://")
	if raw == "" {
		return ""
	}
	if !slices.Contains([]string{"redis", "rediss", "redis+sentinel", "redis+cluster"}, scheme) || rest == "" {
		return c.Redis.String() + " is not one of redis://host:6379/0, rediss://…, redis+sentinel://…, redis+cluster://…"
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if u, err := url.Parse("redis://" + rest[:at] + "@host"); err == nil {
			return samplePassword(u.User)
		}
	}
	return ""
}

// samplePassword refuses the placeholders of examples, because everybody who has read
// the example knows them.
func samplePassword(user *url.Userinfo) string {
	password, _ := user.Password()
	if sample(password) {
		return "has a password from an example"
	}
	return ""
}

func sample(secret string) bool {
	plain := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "", "<", "", ">", "").Replace(secret))
	return slices.Contains([]string{"changeme", "changethis", "replaceme", "example", "yourpassword", "yoursecret", "todo"}, plain)
}

func masterKey(secret Secret) string {
	text := secret.Reveal()
	if text == "" {
		return ""
	}
	const keyBytes = 32
	key, err := base64.RawStdEncoding.DecodeString(base64Alphabet.Replace(strings.TrimRight(text, "=")))
	switch {
	case err != nil || len(key) != keyBytes:
		return "is not 32 bytes in base64; make one with: openssl rand -base64 32"
	case bytes.Count(key, key[:1]) == keyBytes:
		return "is one byte repeated, which is a sample; make one with: openssl rand -base64 32"
	}
	return ""
}

// base64Alphabet translates the URL alphabet of RFC 4648 to the standard one.
var base64Alphabet = strings.NewReplacer("-", "+", "_", "/")

func masterKeyForMySQL(c Config) string {
	if c.MasterKey.Reveal() == "" && !strings.HasPrefix(c.Database.Reveal(), "sqlite:") {
		return "is not set, which MySQL requires; make one with: openssl rand -base64 32"
	}
	return ""
}

// AuditFile returns the path of the file that the audit log is written to; empty if it is none.
func (c Config) AuditFile() string {
	path, _ := strings.CutPrefix(c.AuditSink, "file:")
	if path == c.AuditSink {
		return ""
	}
	return path
}

// auditSink does not look whether the file can be written: a full disk must not keep the
// server from starting. Doctor does.
func auditSink(c Config) string {
	if c.AuditSink == "" || c.AuditSink == "stdout" || c.AuditFile() != "" {
		return ""
	}
	return quoted(c.AuditSink) + " is neither stdout nor file: and a path"
}
