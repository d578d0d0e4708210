package doctor

import (
	"errors"
	"strings"

	"gatehouse/config"
	"gatehouse/internal/finding"
	"gatehouse/internal/stolen"
)

// Settings judges the result of loading the settings.
func Settings(err error) (found finding.List) {
	const do = "correct it; see: gatehouse serve --help"
	if err == nil {
		found.OK("settings", "all are within their bounds")
		return found
	}
	faults, ok := errors.AsType[*config.Faults](err)
	if !ok {
		found.Fault("settings", do, "%s", err)
		return found
	}
	for _, f := range faults.All {
		found.Fault("settings", do, "%s", f)
	}
	return found
}

// Resource says where our own API is described, or why it is not. Nothing depends on that but
// programs that look for the server whose tokens the API accepts (RFC 9728).
func Resource(cfg config.Config) (found finding.List) {
	at, err := cfg.ResourceMetadata()
	if err != nil {
		found.OK("resource metadata", "none for our own API, which GATEHOUSE_AUDIENCE calls %s: %s", cfg.Audience, err)
		return found
	}
	found.OK("resource metadata", "of our own API: %s", at)
	return found
}

// StolenPasswords says which passwords nobody may choose. A file that cannot be used is a
// fault of the settings.
func StolenPasswords(path string) (found finding.List) {
	const ours = "the million that is inside the server"
	if path == "" {
		found.OK("stolen passwords", "%s; for more, set GATEHOUSE_STOLEN_PASSWORDS", ours)
	} else if list, err := stolen.Open(path); err == nil {
		found.OK("stolen passwords", "%s, and %s with %d MiB", ours, path, list.Size()>>20)
	}
	return found
}

// Front examines what is in front of the server. If the issuer is https but the server has
// no certificate, a proxy must have it.
// An exposed server is reached over a network in the clear.
func Front(issuer string, exposed, certificate, trustedProxies bool) (found finding.List) {
	secure := strings.HasPrefix(issuer, "https:")
	if exposed {
		found.Fault("issuer", "set GATEHOUSE_ISSUER to the public https address, and remove GATEHOUSE_INSECURE_ISSUER, which is for tests",
			"%s: passwords and tokens cross the network in the clear", issuer)
		return found
	}
	found.Judge(secure, "issuer", "set GATEHOUSE_ISSUER to the public https address before anybody depends on it", "%s", issuer)
	if secure && !certificate {
		found.Judge(trustedProxies, "trusted proxies",
			"set GATEHOUSE_TRUSTED_PROXIES to the networks of the proxy; otherwise all people share its address, and its throttle",
			"a proxy terminates TLS, and %s", map[bool]string{true: "its X-Forwarded-For is trusted", false: "no X-Forwarded-For is trusted"}[trustedProxies])
	}
	return found
}
