package doctor

import (
	"crypto/fips140"

	"gatehouse/config"
	"gatehouse/internal/finding"
)

// FIPSMode returns the version of Go's cryptographic module that runs in FIPS 140-3 mode, and
// whether it refuses everything else; empty: it does not run in that mode.
func FIPSMode() string {
	switch {
	case !fips140.Enabled():
		return ""
	case fips140.Enforced():
		return fips140.Version() + ", enforced"
	}
	return fips140.Version()
}

// FIPS says whether that mode is on. Under enforcement, argon2id is a fault of the settings.
func FIPS(cfg config.Config) (found finding.List) {
	mode := FIPSMode()
	if mode == "" {
		found.OK("FIPS 140-3", "off; GODEBUG=fips140=on turns it on, and so does a build with GOFIPS140")
		return found
	}
	found.Judge(cfg.PasswordHash == config.HashPBKDF2, "FIPS 140-3", "set GATEHOUSE_PASSWORD_HASH="+config.HashPBKDF2,
		"module %s; passwords are hashed with %s", mode, cfg.PasswordHash)
	return found
}
