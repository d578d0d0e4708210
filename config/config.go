// Package config owns the settings: their names, defaults and bounds, and where
// they are read from. Nothing else reads the environment.
//
// The fields of Config are the one place where a setting is written down. A
// field's tags are its name, default and bounds; its comment is what
// docs/configuration.md and --help say of it. A new setting must let yesterday's
// environment start.
package config

import (
	"log/slog"
	"net/netip"
	"time"
)

//go:generate go run gatehouse/internal/test/gendocs -configuration ../docs/configuration.md

// Config is what an operator can set. Packages receive values, never all of it.
type Config struct {
	// Addr is where the server listens, as host:port.
	Addr string `env:"ADDR" default:"127.0.0.1:8080"`

	// Issuer is the public URL of this server, without a slash at its end. It is the
	// `iss` of tokens and the start of every link; the headers of a request are not
	// asked. It must be https unless the host is this machine.
	Issuer string `env:"ISSUER" default:"http://localhost:8080"`

	// Audience is the `aud` of access tokens, which the apps' servers check. Empty:
	// the issuer.
	Audience string `env:"AUDIENCE" default:""`

	// Database is where people, sessions and keys are kept: `sqlite:path` or
	// `mysql://user:password@host:3306/name`, for MariaDB too. On the command line
	// it may hold no password.
	Database Secret `env:"DATABASE" default:"sqlite:gatehouse.db" secret:"url"`

	// DatabaseConnections is how many connections to the database may be open at
	// once. All replicas' together must stay below the server's `max_connections`.
	DatabaseConnections int `env:"DATABASE_CONNECTIONS" default:"32" min:"2" max:"10000"`

	// Redis is where the moving part of sessions and the throttles' counters are
	// kept: `redis://user:password@host:6379/0`, `rediss://…` for TLS,
	// `redis+sentinel://…` or `redis+cluster://…`. Empty: in the database.
	Redis Secret `env:"REDIS" default:"" secret:"url"`

	// MasterKey is the key that seals the signing keys at rest: 32 random bytes in
	// base64, as `openssl rand -base64 32` makes them. With SQLite it may be left
	// empty: the first start makes one in `gatehouse.key` beside the database file.
	MasterKey Secret `env:"MASTER_KEY" default:"" secret:"key"`

	// MasterKeyPrevious is the master key from before, for as long as signing keys may
	// still be sealed under it: until `gatehouse keys rewrap`.
	MasterKeyPrevious Secret `env:"MASTER_KEY_PREVIOUS" default:"" secret:"key"`

	// MetricsAddr is where /metrics is served by itself, as host:port. Empty: at
	// the main address.
	MetricsAddr string `env:"METRICS_ADDR" default:""`

	// LogLevel is the least level that is logged.
	LogLevel slog.Level `env:"LOG_LEVEL" default:"info" oneof:"debug info warn error"`

	// TrustedProxies are the networks, as 10.0.0.0/8, or addresses of the reverse
	// proxies in front. Only they are believed as to who a request comes from.
	// Empty: nobody, and X-Forwarded-For does not count.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" default:""`

	// CORSOrigins are the origins, as https://app.example.com, whose scripts in a
	// browser may call this server. Empty: none but its own pages.
	CORSOrigins []string `env:"CORS_ORIGINS" default:""`

	// TLSCert is the file with the certificate chain in PEM, for a server that
	// speaks TLS by itself. It goes with TLS_KEY.
	TLSCert string `env:"TLS_CERT" default:""`

	// TLSKey is the file with the private key in PEM; it must not be readable by
	// everybody. It goes with TLS_CERT.
	TLSKey string `env:"TLS_KEY" default:""`

	// MaxConnections is how many connections of callers may be open at once. Beyond it,
	// the one that has been idle longest is closed for a new one. 0: as many as open
	// files (`ulimit -n`) and memory allow, 20,000 at most.
	MaxConnections int `env:"MAX_CONNECTIONS" default:"0" min:"0" max:"1000000"`

	// SignUpOpen is whether anybody may make an account. When closed, only
	// administrators and the command line do.
	SignUpOpen bool `env:"SIGNUP" default:"open" oneof:"open closed"`

	// AccessTokenLifetime is how long an access token works. A stolen one works as
	// long with servers that do not ask us.
	AccessTokenLifetime time.Duration `env:"ACCESS_TOKEN_LIFETIME" default:"5m" min:"1m" max:"1h"`

	// RefreshTokenIdle is how long a session lives without being used.
	RefreshTokenIdle time.Duration `env:"REFRESH_TOKEN_IDLE" default:"336h" min:"1m" max:"8760h"`

	// RefreshTokenLifetime is how long a session lives at most, however much it is
	// used; at least REFRESH_TOKEN_IDLE.
	RefreshTokenLifetime time.Duration `env:"REFRESH_TOKEN_LIFETIME" default:"2160h" min:"1m" max:"17520h"`

	// RefreshGrace is how long a refresh token that was just exchanged may be
	// repeated, for the same successor: a lost answer or a second tab then ends no
	// session. 0s: not at all.
	RefreshGrace time.Duration `env:"REFRESH_GRACE" default:"10s" min:"0s" max:"60s"`

	// BrowserIdle is how long somebody stays signed in at the server's own pages
	// without using them: 30 minutes at most for administrators.
	BrowserIdle time.Duration `env:"BROWSER_IDLE" default:"24h" min:"1m" max:"720h"`

	// BrowserLifetime is how long somebody stays signed in there at most before the
	// password is asked for again, and until the browser is closed; 12 hours at most
	// for administrators.
	BrowserLifetime time.Duration `env:"BROWSER_LIFETIME" default:"720h" min:"1m" max:"8760h"`

	// PrivateTargets is whether the server calls apps at addresses of this machine and
	// of private networks, to tell them of logouts and to read their public keys.
	// Refused, nobody who registers an app can use the server to reach into its
	// network; `allow` is for apps that live there.
	PrivateTargets bool `env:"BACKCHANNEL_PRIVATE" default:"refuse" oneof:"allow refuse"`

	// PasswordMinLength is how many characters a new password has at least.
	PasswordMinLength int `env:"PASSWORD_MIN_LENGTH" default:"8" min:"8" max:"64"`

	// PasswordMemoryKiB is argon2id's m: the memory of one password hash, in KiB.
	// Together with PASSWORD_ITERATIONS it must reach the least that OWASP advises.
	// Hashes that are weaker are renewed when their owner signs in.
	PasswordMemoryKiB int `env:"PASSWORD_MEMORY_KIB" default:"19456" min:"7168" max:"1048576"`

	// PasswordIterations is argon2id's t: how often a hash goes through its memory.
	PasswordIterations int `env:"PASSWORD_ITERATIONS" default:"2" min:"1" max:"16"`

	// PasswordBudgetMiB is the memory, in MiB, that password hashes may fill at the
	// same time; until the garbage collector has run, as much again may be in use.
	// Sign-ins beyond it wait for 2 s, then get 503. An imported hash that needs
	// more than this cannot be verified (Django's argon2 hashes need 100).
	PasswordBudgetMiB int `env:"PASSWORD_BUDGET_MIB" default:"128" min:"16" max:"65536"`

	// KeyRotateEvery is how long a signing key signs before the next takes its place.
	KeyRotateEvery time.Duration `env:"KEY_ROTATE_EVERY" default:"720h" min:"2s" max:"17520h"`

	// KeyPublishLead is how long a key is published before it signs; less than
	// KEY_ROTATE_EVERY. Verifiers may keep the key set for no longer than this.
	KeyPublishLead time.Duration `env:"KEY_PUBLISH_LEAD" default:"1h" min:"1s" max:"168h"`

	// SignInFreeTries is how many wrong passwords for one account from one network
	// go without a delay; after that each doubles it.
	SignInFreeTries int `env:"SIGNIN_FREE_TRIES" default:"5" min:"1" max:"100"`

	// SignInMaxDelay is the longest such delay.
	SignInMaxDelay time.Duration `env:"SIGNIN_MAX_DELAY" default:"15m" min:"1s" max:"24h"`

	// SignUpFree is how many accounts one network may make without a delay.
	SignUpFree int `env:"SIGNUP_FREE" default:"300" min:"1" max:"1000000"`

	// AuditKeep is how long the audit log is kept.
	AuditKeep time.Duration `env:"AUDIT_KEEP" default:"9600h" min:"24h" max:"175200h"`

	// DrainDelay is how long the server, told to stop, goes on taking requests while
	// /healthz/ready says no, so that a load balancer turns away first. 5s is usual
	// behind one. Ctrl-C does not wait for it.
	DrainDelay time.Duration `env:"DRAIN_DELAY" default:"0s" min:"0s" max:"5m"`

	// ShutdownTimeout is how long, after that, requests in progress may take to end.
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" default:"20s" min:"1s" max:"5m"`

	// origins says where the value of each variable came from.
	origins map[string]string
}
