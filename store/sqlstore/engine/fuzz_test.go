package engine

import (
	"strings"
	"testing"
)

// A DSN is parsed or refused, and no refusal shows a part of the password, escaped or
// not, wherever in the DSN it is.
func FuzzDSN(f *testing.F) {
	for _, s := range [][3]string{
		{"mysql", "s3cret", "h:3306/gatehouse"}, {"mariadb", "s3cret", "h/db?tls=true"}, {"mysql", "s3/cret", "h/db"}, {"mysql", "1/db?s3cret", "h/db"}, {"mysql", "s3%zzcret", "h/db"}, {"mysql", "s3 cret", "h/db"},
		{"mysql", "1/db?tls=s3cret", "h/db"}, {"mysql", "s3cret", "h:port/db"}, {"sqlite", "x", "y"}, {"mysql", "s3[cret", "h/db"}, {"mysql", "s3cret", "h/db?socket=/run/x"}, {"mysql", "1/db?tls-ca=s3cret", "h/"}, {"mysql", "s3cret/x", "h/db"}, {"mysql", "p@x/y?s3cret", "h/db"}, {"mysql", "p@x/y?tls=s3cret&", "h/db"}, {"mysql", "p@x/y?tls-ca=s3cret", "h/db"}, {"mysql", "x%s3cret", "h/db"}, {"postgres", "s3cret", "h/db"}, {"mysql", "s3\x00cret", "h/db"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, scheme, password, tail string) {
		at, err := ParseDSN(scheme + "://user:" + password + "@" + tail)
		if err == nil {
			if at.File == "" && (at.user == "" || at.database == "" || at.address == "") {
				t.Errorf("%q is read as %+v, want a file, or a user, an address and a database", scheme+"://user:"+password+"@"+tail, at)
			}
			return
		}
		shows(t, err, password)
	})
}

// shows fails if five successive characters of the secret are in the error, unless a
// fixed text contains them.
func shows(t *testing.T, err error, secret string) {
	t.Helper()
	const fixed = `the database is "sqlite:path" or "mysql://user:password@host:3306/database" sqlite: needs the path of a file a database is sqlite: or mysql:, not "postgres" ` +
		"the database URL cannot be parsed; special characters of a password are written as %XX the database URL needs a user and a database: " +
		"the database URL: unknown parameter; the parameters are socket, tls and tls-ca the database URL: tls must be true, false, preferred or skip-verify " +
		"the database URL: reading the file of tls-ca: no such file or directory the database URL: the file of tls-ca contains no certificate is a directory invalid argument permission denied file name too long not a directory"
	for i := 0; i+5 <= len(secret); i++ {
		if part := secret[i : i+5]; strings.Contains(err.Error(), part) && !strings.Contains(fixed, part) {
			t.Errorf("the refusal %q shows %q of the password, want none of it", err, part)
		}
	}
}
