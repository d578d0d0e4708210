package config

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/loopback"
)

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

func audience(c Config) string {
	if strings.ContainsFunc(c.Audience, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return quoted(c.Audience) + " contains white space"
	}
	return ""
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
