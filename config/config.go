// Package config owns the settings: their names, defaults and bounds, and where
// they are read from. No other package reads the environment.
//
// A setting is written down in one place, as a field of Config. The field's tags
// give its name, default and bounds, and its comment becomes its description in
// docs/configuration.md and --help. A new setting must let yesterday's environment
// start.
package config

import (
	"log/slog"
	"net/netip"
	"time"
)

//go:generate go run gatehouse/internal/test/gendocs -configuration ../docs/configuration.md

// Config holds everything that an operator can set. Other packages receive single
// values, never all of it.
type Config struct {
	// Addr is where the server listens, as host:port.
	Addr string `env:"ADDR" default:"127.0.0.1:8080"`

	// Issuer is the public URL of this server, without a slash at its end. It is the
	// `iss` of tokens and the start of every link, whatever the headers of a request
	// say. It must be https unless the host is this machine, or INSECURE_ISSUER
	// allows it. It may have a path, such as
	// https://example.com/auth, below which everything is then served.
	Issuer string `env:"ISSUER" default:"http://localhost:8080"`

	// InsecureIssuer is whether the issuer, and the origins in CORS_ORIGINS, may be http
	// with a name, such as http://gatehouse:8080 between the containers of a test.
	// Passwords and tokens then cross the network in the clear: never allow it in
	// production.
	InsecureIssuer bool `env:"INSECURE_ISSUER" default:"refuse" oneof:"allow refuse"`

	// SecurityContact is where to report a vulnerability of this server, as the URI that
	// /.well-known/security.txt names (RFC 9116): `mailto:security@example.com`,
	// `https://…` or `tel:…`. Empty: that file does not exist.
	SecurityContact string `env:"SECURITY_CONTACT" default:""`

	// BrandName is what the pages and the mails call this sign-in. Empty: Gatehouse, or in
	// mails the name in MAIL_FROM.
	BrandName string `env:"BRAND_NAME" default:""`

	// BrandLogo is the file of a logo, SVG or PNG of at most 256 KiB, which the server then
	// serves. It is shown 30 pixels high, on light and dark ground.
	BrandLogo string `env:"BRAND_LOGO" default:""`

	// BrandColor is the colour of buttons and links, such as #2f5d50, or one for the light
	// and one for the dark scheme, such as `#2b4acb #aebbff`. The server does not start with a
	// colour in which text could not be read, and says the contrast.
	BrandColor string `env:"BRAND_COLOR" default:""`

	// BrandTermsURL is where the terms of use are; every page has a link to it.
	BrandTermsURL string `env:"BRAND_TERMS_URL" default:""`

	// BrandPrivacyURL is where the privacy policy is; every page has a link to it.
	BrandPrivacyURL string `env:"BRAND_PRIVACY_URL" default:""`

	// BrandSupportURL is where people find help, as `https://…` or `mailto:…`.
	BrandSupportURL string `env:"BRAND_SUPPORT_URL" default:""`

	// BrandCSS is the file of a style sheet, of at most 64 KiB, which the pages load after
	// their own.
	BrandCSS string `env:"BRAND_CSS" default:""`

	// BrandSecured is whether the pages of a brand say "Secured by Gatehouse".
	BrandSecured bool `env:"BRAND_SECURED" default:"show" oneof:"show hide"`

	// Audience is the `aud` of access tokens, which the apps' servers check. Empty:
	// the issuer.
	Audience string `env:"AUDIENCE" default:""`

	// Database is where people, sessions and keys are kept: `sqlite:path` or
	// `mysql://user:password@host:3306/name`, which is also the form for MariaDB. On
	// the command line it must not contain a password.
	Database Secret `env:"DATABASE" default:"sqlite:gatehouse.db" secret:"url"`

	// DatabaseConnections is how many connections to the database may be open at
	// once. The sum over all replicas must stay below the server's `max_connections`.
	DatabaseConnections int `env:"DATABASE_CONNECTIONS" default:"32" min:"2" max:"10000"`

	// Redis is where the moving part of sessions and the throttles' counters are
	// kept: `redis://user:password@host:6379/0`, `rediss://…` for TLS,
	// `redis+sentinel://…` or `redis+cluster://…`. Empty: in the database.
	Redis Secret `env:"REDIS" default:"" secret:"url"`

	// MasterKey is the key that seals the signing keys at rest: 32 random bytes in
	// base64, as `openssl rand -base64 32` makes them. With SQLite it may be left
	// empty: the first start makes one in `gatehouse.key` beside the database file.
	MasterKey Secret `env:"MASTER_KEY" default:"" secret:"key"`

	// MasterKeyPrevious is the previous master key, while signing keys may still be
	// sealed under it: until `gatehouse keys rewrap`.
	MasterKeyPrevious Secret `env:"MASTER_KEY_PREVIOUS" default:"" secret:"key"`

	// MetricsAddr is where /metrics is served: at a separate address, as host:port, or
	// with `main` at the main address, for everybody who can reach that. Empty: nowhere.
	MetricsAddr string `env:"METRICS_ADDR" default:""`

	// LogLevel is the lowest level that is logged.
	LogLevel slog.Level `env:"LOG_LEVEL" default:"info" oneof:"debug info warn error"`

	// TrustedProxies are the networks, such as 10.0.0.0/8, or addresses of the reverse
	// proxies in front. The server believes only their X-Forwarded-For, whose addresses
	// may have a port. Empty: it ignores the header. It warns about other peers that
	// send the header.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" default:""`

	// CORSOrigins are the origins, such as https://app.example.com or, for an app in a
	// web view, capacitor://localhost, whose scripts may call this server. Empty: only
	// the server's own pages.
	CORSOrigins []string `env:"CORS_ORIGINS" default:""`

	// TLSCert is the file with the certificate chain in PEM, for a server that
	// terminates TLS itself. It needs TLS_KEY.
	TLSCert string `env:"TLS_CERT" default:""`

	// TLSKey is the file with the private key in PEM, which must not be readable by
	// everybody. It needs TLS_CERT.
	TLSKey string `env:"TLS_KEY" default:""`

	// MaxConnections is how many incoming connections may be open at once. Beyond that,
	// a new connection closes the one that has been idle longest. 0: as many as open
	// files (`ulimit -n`) and memory allow, at most 20,000.
	MaxConnections int `env:"MAX_CONNECTIONS" default:"0" min:"0" max:"1000000"`

	// SignUp is whether anybody may create an account. If `closed`, only administrators and
	// the command line can. If `verified`, which needs SMTP, an account works once its
	// e-mail address is proved, and whether an address has an account is told to nobody.
	SignUp string `env:"SIGNUP" default:"open" oneof:"open closed verified"`

	// SignUpPasskey is whether people may sign up with a passkey and no password. Apps that
	// ask for a password themselves cannot sign such people in. It does not matter to
	// invitations, which may always be accepted with a passkey alone.
	SignUpPasskey bool `env:"SIGNUP_PASSKEY" default:"refuse" oneof:"allow refuse"`

	// SMTP is the mail server: `smtp://user:password@host:587`, which must offer STARTTLS
	// unless it is on this machine, or `smtps://…` for TLS from the first byte (port 465).
	// Special characters in user and password are written as %XX. At the end, `?tls=optional`
	// also sends in the clear, links and the password among it: only for a network that
	// nobody else reads. Empty: nothing is sent, and no link is made for strangers.
	SMTP Secret `env:"SMTP" default:"" secret:"url"`

	// MailFrom is the sender of mail: an address, or a name and an address such as
	// `Example <no-reply@example.com>`. It needs SMTP, and SMTP needs it.
	MailFrom string `env:"MAIL_FROM" default:""`

	// MailTemplates is a folder with texts of mail that take the place of the built-in ones,
	// file by file: see docs/operations.md. Empty: none.
	MailTemplates string `env:"MAIL_TEMPLATES" default:""`
	// RequireFactor is who must have a second factor, such as an authenticator app: nobody
	// (`none`), administrators (`admin`), administrators and staff (`staff`), or everybody
	// (`all`). Those who have none set one up at their next sign-in.
	RequireFactor string `env:"REQUIRE_FACTOR" default:"none" oneof:"none admin staff all"`

	// TrustedBrowsers is for how long people may trust a browser, in which they are then
	// not asked for their second factor. 0s: never.
	TrustedBrowsers time.Duration `env:"TRUSTED_BROWSERS" default:"0s" min:"0s" max:"2160h"`

	// Registration is whether apps may register themselves (RFC 7591) at /oauth/register:
	// with a `token` that `gatehouse client registration-token` makes, or anybody's, which
	// is `open`. Such an app is a stranger's: it is never first-party, and everybody is
	// asked before it learns anything of them.
	Registration string `env:"REGISTRATION" default:"off" oneof:"off token open"`

	// AccessTokenLifetime is how long an access token works. A stolen token works for
	// that long at services that do not ask this server.
	AccessTokenLifetime time.Duration `env:"ACCESS_TOKEN_LIFETIME" default:"5m" min:"1m" max:"1h"`

	// RefreshTokenIdle is how long a session lives without being used.
	RefreshTokenIdle time.Duration `env:"REFRESH_TOKEN_IDLE" default:"336h" min:"1m" max:"8760h"`

	// RefreshTokenLifetime is how long a session lives at most, even if it is used all
	// the time; at least REFRESH_TOKEN_IDLE.
	RefreshTokenLifetime time.Duration `env:"REFRESH_TOKEN_LIFETIME" default:"2160h" min:"1m" max:"17520h"`

	// MaxSessions is how many sessions one person may have in one app at once. At the
	// bound, a new session ends the one that was least recently used, unless that was
	// within the last hour: then the new one is refused with 429. An app may have a
	// bound of its own. 0: any number.
	MaxSessions int `env:"MAX_SESSIONS" default:"100" min:"0" max:"10000"`

	// RefreshGrace is how long a refresh token that was just exchanged gets the same
	// successor again, so that a lost answer or a second tab does not end the session.
	// 0s: never.
	RefreshGrace time.Duration `env:"REFRESH_GRACE" default:"10s" min:"0s" max:"60s"`

	// AccountsRotation is the rule for a refresh token of `/api/accounts/` that was
	// exchanged and comes again. With `strict` it gets the same successor during
	// REFRESH_GRACE. With `adopted` it does so until it expires or the successor has been
	// used, so that front ends which keep the token of the sign-in stay signed in.
	AccountsRotation string `env:"ACCOUNTS_ROTATION" default:"adopted" oneof:"adopted strict"`

	// Introspection is which apps may ask whether an access token for the server's own API
	// is active: with `any`, every app with credentials that an administrator registered;
	// with `own`, only the app that the token was issued to. Tokens for another API are
	// described to that app, and to those that the API lists.
	Introspection string `env:"INTROSPECTION" default:"any" oneof:"any own"`

	// BrowserIdle is how long a person stays signed in at the server's own pages
	// without using them; at most 30 minutes for administrators.
	BrowserIdle time.Duration `env:"BROWSER_IDLE" default:"24h" min:"1m" max:"720h"`

	// BrowserLifetime is how long a person stays signed in there at most before the
	// server asks for the password again; at most 12 hours for administrators. Closing
	// the browser signs the person out earlier, unless they chose to stay signed in.
	BrowserLifetime time.Duration `env:"BROWSER_LIFETIME" default:"720h" min:"1m" max:"8760h"`

	// PrivateTargets is whether the server calls apps at addresses of this machine and
	// of private networks, to notify them of logouts and to read their public keys.
	// With `refuse`, nobody can register an app to make the server reach into its own
	// network; `allow` is for apps that run there.
	PrivateTargets bool `env:"BACKCHANNEL_PRIVATE" default:"refuse" oneof:"allow refuse"`

	// ClientDocuments is which apps may describe themselves by a document at the https URL
	// that is their client_id (client ID metadata documents). `auto`: all, while an API is
	// open to any app; so nothing is fetched for strangers until an administrator opens one.
	// `listed`: those of the hosts in CLIENT_DOCUMENT_HOSTS. `off`: none.
	ClientDocuments string `env:"CLIENT_DOCUMENTS" default:"auto" oneof:"auto listed off"`

	// ClientDocumentHosts are the hosts of such documents, such as apps.example.com, or with
	// a port apps.example.com:8443. They count only with CLIENT_DOCUMENTS=listed.
	ClientDocumentHosts []string `env:"CLIENT_DOCUMENT_HOSTS" default:""`

	// PasskeyOrigins are the origins of your own websites elsewhere, such as
	// https://shop.example, whose people may use the passkeys of this server there. They are
	// named at /.well-known/webauthn, and signed answers from them count at
	// `/oauth/challenge`.
	PasskeyOrigins []string `env:"PASSKEY_ORIGINS" default:""`

	// AppleApps are the apps, such as A1B2C3D4E5.com.example.app, that may use the passkeys
	// and passwords of this server on Apple's systems: team ID and bundle ID. They are named
	// at /.well-known/apple-app-site-association.
	AppleApps []string `env:"APPLE_APPS" default:""`

	// AndroidApps are the apps that may do so on Android, as package@fingerprint with the
	// SHA-256 of the certificate that signs the app: com.example.app@14:6D:E9:…. They are
	// named at /.well-known/assetlinks.json.
	AndroidApps []string `env:"ANDROID_APPS" default:""`

	// PasswordMinLength is the minimum number of characters of a new password.
	PasswordMinLength int `env:"PASSWORD_MIN_LENGTH" default:"8" min:"8" max:"64"`

	// StolenPasswords is a file of further passwords that nobody may choose: the SHA-1 of
	// each in hexadecimal, one a line and in order, with or without a colon and a count, as
	// Have I Been Pwned hands them out. It stays on disk, and is looked at, at the start.
	// Empty: only the million that is inside the server.
	StolenPasswords string `env:"STOLEN_PASSWORDS" default:""`

	// PasswordHash is what new passwords are hashed with: argon2id or, where FIPS 140-3 must be
	// kept, which has no argon2id, PBKDF2 with HMAC-SHA-256 and 600,000 rounds. Hashes of the
	// other kind still verify, and are renewed when their owner signs in.
	PasswordHash string `env:"PASSWORD_HASH" default:"argon2id" oneof:"argon2id pbkdf2"`

	// PasswordMemoryKiB is argon2id's m: the memory of one password hash, in KiB.
	// Together with PASSWORD_ITERATIONS it must reach the minimum that OWASP advises.
	// Weaker hashes are renewed when their owner signs in.
	PasswordMemoryKiB int `env:"PASSWORD_MEMORY_KIB" default:"19456" min:"7168" max:"1048576"`

	// PasswordIterations is argon2id's t: how often a hash passes over its memory.
	PasswordIterations int `env:"PASSWORD_ITERATIONS" default:"2" min:"1" max:"16"`

	// PasswordBudgetMiB is the memory, in MiB, that password hashes may use at the same
	// time. Sign-ins beyond it wait for up to 2 s, then get 503. An imported hash that
	// needs more than this cannot be verified (Django's argon2 hashes need 100). 0: 20 for
	// each core but one, at least 128, and at most half of what the control group allows.
	PasswordBudgetMiB int `env:"PASSWORD_BUDGET_MIB" default:"0" min:"0" max:"65536"`

	// Signer is what makes and checks signatures with RSA: `go` is crypto/rsa; `openssl` is
	// up to four times as fast, and needs a build that has it; `auto` is OpenSSL where the
	// build has it and passes a self-test.
	Signer string `env:"SIGNER" default:"auto" oneof:"auto go openssl"`

	// KeyRotateEvery is how long a signing key signs before the next one takes over.
	KeyRotateEvery time.Duration `env:"KEY_ROTATE_EVERY" default:"720h" min:"2s" max:"17520h"`

	// KeyPublishLead is how long a key is published before it signs; less than
	// KEY_ROTATE_EVERY. Verifiers may cache the key set for at most that long.
	KeyPublishLead time.Duration `env:"KEY_PUBLISH_LEAD" default:"1h" min:"1s" max:"168h"`

	// SignInFreeTries is how many wrong passwords for one account from one network
	// are free of delay. After that, each one doubles the delay. Wider networks have
	// twice (/56) and four times (/48; /16 of IPv4) as many together.
	SignInFreeTries int `env:"SIGNIN_FREE_TRIES" default:"5" min:"1" max:"100"`

	// SignInMaxDelay is the longest such delay.
	SignInMaxDelay time.Duration `env:"SIGNIN_MAX_DELAY" default:"15m" min:"1s" max:"24h"`

	// SignUpFree is how many accounts one network may create without a delay, in an
	// hour. Wider networks may create twice (/56) and four times (/48; /16 of IPv4) as
	// many together.
	SignUpFree int `env:"SIGNUP_FREE" default:"300" min:"1" max:"1000000"`

	// AuditKeep is how long the audit log is kept. MySQL and MariaDB drop it in parts, of a 32nd
	// of that or a day if that is more, and keep each for as long as its last event.
	AuditKeep time.Duration `env:"AUDIT_KEEP" default:"9600h" min:"24h" max:"175200h"`

	// AuditSink is where the audit log is written besides the database, as JSON lines: `stdout`,
	// or `file:` and a path, such as file:/var/log/gatehouse/audit.jsonl. Each event comes at
	// least once, within seconds, from one of the replicas, and no request waits for it.
	// Empty: nowhere.
	AuditSink string `env:"AUDIT_SINK" default:""`

	// DrainDelay is how long the server, once told to stop, keeps accepting requests
	// while /healthz/ready fails, so that a load balancer turns away first. 5s is usual
	// behind a load balancer. Ctrl-C skips the delay.
	DrainDelay time.Duration `env:"DRAIN_DELAY" default:"0s" min:"0s" max:"5m"`

	// ShutdownTimeout is how long requests in progress may take to end after that.
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" default:"20s" min:"1s" max:"5m"`

	// origins maps each variable to where its value came from.
	origins map[string]string
}
