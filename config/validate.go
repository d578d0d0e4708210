package config

import (
	"bytes"
	"crypto/fips140"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/loopback"
	"gatehouse/internal/stolen"
	"gatehouse/keys/openssl"
)

// A rule checks what bounds cannot express. Its problem is reported for the first
// variable. The rule is skipped if one of its variables already has a fault.
type rule struct {
	variables []string
	problem   func(Config) string
}

func (c Config) rules() []rule {
	return []rule{
		{[]string{"ADDR"}, func(c Config) string { return address(c.Addr) }},
		{[]string{"METRICS_ADDR", "ADDR"}, metricsAddress},
		{[]string{"ISSUER"}, issuer},
		{[]string{"ISSUER", "TLS_CERT"}, issuerWithTLS},
		{[]string{"SECURITY_CONTACT"}, securityContact},
		{[]string{"BRAND_NAME"}, brandName},
		{[]string{"BRAND_COLOR"}, brandColor},
		{[]string{"BRAND_TERMS_URL"}, func(c Config) string { return pageAddress(c.BrandTermsURL, "https") }},
		{[]string{"BRAND_PRIVACY_URL"}, func(c Config) string { return pageAddress(c.BrandPrivacyURL, "https") }},
		{[]string{"BRAND_SUPPORT_URL"}, func(c Config) string { return pageAddress(c.BrandSupportURL, "https", "mailto") }},
		{[]string{"AUDIENCE"}, audience},
		{[]string{"DATABASE"}, database},
		{[]string{"REDIS"}, redis},
		{[]string{"SMTP"}, mailServer},
		{[]string{"MAIL_FROM", "SMTP"}, mailFrom},
		{[]string{"SIGNUP", "SMTP"}, signUp},
		{[]string{"MAIL_TEMPLATES"}, mailTemplates},
		{[]string{"MASTER_KEY"}, func(c Config) string { return masterKey(c.MasterKey) }},
		{[]string{"MASTER_KEY_PREVIOUS"}, func(c Config) string { return masterKey(c.MasterKeyPrevious) }},
		{[]string{"MASTER_KEY", "DATABASE"}, masterKeyForMySQL},
		{[]string{"CORS_ORIGINS"}, origins},
		{[]string{"CLIENT_DOCUMENT_HOSTS", "CLIENT_DOCUMENTS"}, documentHosts},
		{[]string{"PASSKEY_ORIGINS", "ISSUER"}, passkeyOrigins},
		{[]string{"APPLE_APPS"}, appleApps},
		{[]string{"ANDROID_APPS"}, androidApps},
		{[]string{"TLS_CERT", "TLS_KEY"}, certificate},
		{[]string{"TLS_KEY", "TLS_CERT"}, certificateKey},
		{[]string{"REFRESH_TOKEN_IDLE", "REFRESH_TOKEN_LIFETIME"}, idle},
		{[]string{"REFRESH_TOKEN_IDLE", "ACCESS_TOKEN_LIFETIME"}, access},
		{[]string{"SIGNER"}, signer},
		{[]string{"KEY_PUBLISH_LEAD", "KEY_ROTATE_EVERY"}, lead},
		{[]string{"STOLEN_PASSWORDS"}, stolenPasswords},
		{[]string{"AUDIT_SINK"}, auditSink},
		{[]string{"PASSWORD_HASH"}, passwordHash},
		{[]string{"PASSWORD_ITERATIONS", "PASSWORD_MEMORY_KIB"}, passwordCost},
		{[]string{"PASSWORD_BUDGET_MIB", "PASSWORD_MEMORY_KIB"}, passwordBudget},
	}
}

// Validate returns every fault in c as *Faults, or nil.
func (c Config) Validate() error {
	var faults Faults
	c.check(&faults)
	return faults.orNil()
}

// check adds the faults of the values to those of reading.
func (c Config) check(faults *Faults) {
	failed := map[string]bool{}
	report := func(variable, problem string) {
		from := c.origins[variable]
		if from == variable {
			from = ""
		}
		failed[variable] = true
		faults.add(variable, problem, from)
	}
	for _, s := range settings() {
		if failed[s.Env] = faults.names(s.Env); failed[s.Env] {
			continue
		}
		if problem := s.outOfBounds(c); problem != "" {
			report(s.Env, s.show(c)+" "+problem)
		}
	}
	for _, r := range c.rules() {
		if slices.ContainsFunc(r.variables, func(v string) bool { return failed[prefix+v] }) {
			continue
		}
		if problem := r.problem(c); problem != "" {
			report(prefix+r.variables[0], problem)
		}
	}
}

func address(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if n, convErr := strconv.Atoi(port); err != nil || convErr != nil || n < 0 || n > 65535 {
		return quoted(addr) + " is not an address such as 127.0.0.1:8080"
	}
	return ""
}

// MetricsOnMain reports whether /metrics is served at the main address.
func (c Config) MetricsOnMain() bool { return c.MetricsAddr == "main" }

func metricsAddress(c Config) string {
	switch {
	case c.MetricsAddr == "", c.MetricsOnMain():
		return ""
	case c.MetricsAddr == c.Addr && !strings.HasSuffix(c.Addr, ":0"):
		return c.MetricsAddr + " is GATEHOUSE_ADDR already; say main to serve /metrics there"
	}
	return address(c.MetricsAddr)
}

// issuer checks an issuer identifier (RFC 8414 §2).
func issuer(c Config) string {
	raw := c.Issuer
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return quoted(raw) + " is not a URL such as https://login.example.com"
	case u.User != nil || strings.ContainsAny(raw, "?#"):
		return redactURL(raw) + " has a user, a query or a fragment"
	case strings.HasSuffix(raw, "/"):
		return quoted(raw) + " ends in a slash"
	case !plainPath(u.EscapedPath()):
		return quoted(raw) + " has a path with more in it than letters, digits and - . _ between single slashes"
	case c.overNetwork(u):
		return raw + " is not https; only this machine itself (localhost) can do without, and tests with GATEHOUSE_INSECURE_ISSUER=allow"
	}
	return ""
}

// overNetwork reports whether what is sent to u crosses a network in the clear, although
// the settings do not allow that.
func (c Config) overNetwork(u *url.URL) bool {
	return u.Scheme == "http" && !here(u.Hostname()) && !c.InsecureIssuer
}

// Exposed reports whether people and apps reach the server over a network in the clear,
// which only tests may do.
func (c Config) Exposed() bool {
	u, err := url.Parse(c.Issuer)
	return err == nil && u.Scheme == "http" && !here(u.Hostname())
}

// plainPath reports whether a path may be that of the issuer. Proxies, browsers and this
// server then read it alike, and none of them rewrites it.
func plainPath(path string) bool {
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		odd := strings.IndexFunc(segment, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._", r)
		})
		if odd >= 0 || path != "" && strings.Trim(segment, ".") == "" {
			return false
		}
	}
	return true
}

// here reports whether host is this machine. Names below localhost count, too (RFC 6761
// §6.3): an operator who puts one into a setting knows where it leads.
func here(host string) bool { return loopback.Host(host) || strings.HasSuffix(host, ".localhost") }

func issuerWithTLS(c Config) string {
	if c.TLSCert != "" && strings.HasPrefix(c.Issuer, "http:") {
		return c.Issuer + " is not https, though GATEHOUSE_TLS_CERT is set"
	}
	return ""
}

func audience(c Config) string {
	if strings.ContainsFunc(c.Audience, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return quoted(c.Audience) + " contains white space"
	}
	return ""
}

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

// securityContact checks that the contact is a URI on one line (RFC 9116 §2.5.3).
func securityContact(c Config) string {
	u, err := url.Parse(c.SecurityContact)
	switch {
	case c.SecurityContact == "":
		return ""
	case err != nil || strings.ContainsFunc(c.SecurityContact, func(r rune) bool { return r <= ' ' || r >= 0x7F }):
		return quoted(c.SecurityContact) + " is not a URI"
	case u.Scheme == "" && strings.Contains(c.SecurityContact, "@"):
		return c.SecurityContact + " is not a URI; write mailto:" + c.SecurityContact
	case u.Scheme == "https" && u.Host != "", (u.Scheme == "mailto" || u.Scheme == "tel") && u.Opaque != "":
		return ""
	}
	return c.SecurityContact + " begins with none of mailto:, https:// and tel:"
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

// origins checks that each is an origin as RFC 6454 §6.2 writes it, of a website or of an
// app's own scheme, such as capacitor://localhost. Wildcards are refused, because the
// answers contain tokens.
func origins(c Config) string {
	for _, origin := range c.CORSOrigins {
		if problem := notAnOrigin(origin); problem != "" {
			return quoted(origin) + " is not an origin such as https://app.example.com or capacitor://localhost: " + problem
		}
		u, _ := url.Parse(origin) // it has an origin's shape
		switch {
		case c.overNetwork(u):
			return origin + " is not https; only this machine itself (localhost) can do without"
		case slices.Contains(withoutOrigin, u.Scheme):
			return origin + " is never the origin of a page: name a website, or an app by a scheme of its own"
		}
	}
	return ""
}

// withoutOrigin are the schemes whose pages have the origin "null", or that no page has
// (HTML standard §7.1.1).
var withoutOrigin = []string{"about", "blob", "data", "file", "filesystem", "ftp", "javascript", "mailto", "vbscript", "view-source", "ws", "wss"}

// notAnOrigin returns what keeps a text from being an origin; empty if nothing.
func notAnOrigin(text string) string {
	u, err := url.Parse(text)
	switch {
	case strings.Contains(text, "*"):
		return "name each one, because the answers contain tokens"
	case text == "null":
		return "every sandboxed page and local file has it"
	case err != nil || u.Scheme == "" || u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return "it needs a scheme and a host"
	case text != strings.ToLower(text):
		return "write it in lower case, as browsers do"
	case u.Scheme+"://"+u.Host != text:
		return "it ends with the host or the port"
	}
	return ""
}

// documentHosts checks that each is a host as a URL writes it, and that there are some just
// where they count.
func documentHosts(c Config) string {
	listed := c.ClientDocuments == "listed"
	switch {
	case listed && len(c.ClientDocumentHosts) == 0:
		return "is not set, though GATEHOUSE_CLIENT_DOCUMENTS is listed"
	case !listed && len(c.ClientDocumentHosts) > 0:
		return "is set, though GATEHOUSE_CLIENT_DOCUMENTS is " + c.ClientDocuments + ": the hosts count only with listed"
	}
	for _, host := range c.ClientDocumentHosts {
		u, err := url.Parse("https://" + host)
		if err != nil || u.Hostname() == "" || u.Host != host || u.Port() == "443" || strings.HasSuffix(host, ":") || host != strings.ToLower(host) {
			return quoted(host) + " is not a host such as apps.example.com, in lower case"
		}
	}
	return ""
}

func certificate(c Config) string {
	if c.TLSCert == "" && c.TLSKey != "" {
		return "is not set, though GATEHOUSE_TLS_KEY is"
	}
	if err := RegularFile(c.TLSCert); err != nil {
		return "cannot be used: " + err.Error()
	}
	return ""
}

func certificateKey(c Config) string {
	switch {
	case c.TLSCert == "":
		return ""
	case c.TLSKey == "":
		return "is not set, though GATEHOUSE_TLS_CERT is"
	}
	if err := RegularFile(c.TLSKey); err != nil {
		return "cannot be used: " + err.Error()
	}
	if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
		return quoted(c.TLSKey) + " and the certificate cannot be loaded: " + err.Error()
	}
	if err := private(c.TLSKey); err != nil {
		return quoted(c.TLSKey) + " is not private: " + err.Error()
	}
	return ""
}

func stolenPasswords(c Config) string {
	if c.StolenPasswords == "" {
		return ""
	}
	err := RegularFile(c.StolenPasswords)
	if err == nil {
		_, err = stolen.Open(c.StolenPasswords)
	}
	if err != nil {
		return "cannot be used: " + err.Error()
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

func idle(c Config) string {
	if c.RefreshTokenIdle > c.RefreshTokenLifetime {
		return fmt.Sprintf("%s is more than GATEHOUSE_REFRESH_TOKEN_LIFETIME, %s", short(c.RefreshTokenIdle), short(c.RefreshTokenLifetime))
	}
	return ""
}

func access(c Config) string {
	if c.RefreshTokenIdle < c.AccessTokenLifetime {
		return fmt.Sprintf("%s is less than GATEHOUSE_ACCESS_TOKEN_LIFETIME, %s", short(c.RefreshTokenIdle), short(c.AccessTokenLifetime))
	}
	return ""
}

func signer(c Config) string {
	if err := openssl.Usable(); c.Signer == "openssl" && err != nil {
		return "openssl cannot be used: " + err.Error()
	}
	return ""
}

func lead(c Config) string {
	if c.KeyPublishLead >= c.KeyRotateEvery {
		return fmt.Sprintf("%s is not less than GATEHOUSE_KEY_ROTATE_EVERY, %s", short(c.KeyPublishLead), short(c.KeyRotateEvery))
	}
	return ""
}

// HashPBKDF2 is the value of PasswordHash for PBKDF2.
const HashPBKDF2 = "pbkdf2"

// passwordHash refuses at the start what FIPS 140-3 has not: golang.org/x/crypto and our own
// argon2id are outside of Go's module, so nothing else would.
func passwordHash(c Config) string {
	if fips140.Enforced() && c.PasswordHash != HashPBKDF2 {
		return c.PasswordHash + " is not approved by FIPS 140-3, which GODEBUG=fips140=only enforces; set it to " + HashPBKDF2
	}
	return ""
}

// leastWork is the minimum that the OWASP Password Storage Cheat Sheet advises for
// argon2id: 7 MiB, 5 iterations.
const leastWork = 7168 * 5

func passwordCost(c Config) string {
	if c.PasswordIterations*c.PasswordMemoryKiB < leastWork {
		return fmt.Sprintf("%d is too few for GATEHOUSE_PASSWORD_MEMORY_KIB %d: together they must reach %d",
			c.PasswordIterations, c.PasswordMemoryKiB, leastWork)
	}
	return ""
}

func passwordBudget(c Config) string {
	if c.PasswordBudgetMiB > 0 && c.PasswordBudgetMiB*1024 < c.PasswordMemoryKiB {
		return fmt.Sprintf("%d has no room for one hash of GATEHOUSE_PASSWORD_MEMORY_KIB %d", c.PasswordBudgetMiB, c.PasswordMemoryKiB)
	}
	return ""
}
