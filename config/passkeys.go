package config

import (
	"encoding/hex"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// passkeyOrigins checks that each is the origin of a website, and that there can be
// passkeys at all.
func passkeyOrigins(c Config) string {
	if u, err := url.Parse(c.Issuer); err == nil && len(c.PasskeyOrigins) > 0 && net.ParseIP(u.Hostname()) != nil {
		return "is set, though there are no passkeys: the host of GATEHOUSE_ISSUER is an IP address"
	}
	for _, origin := range c.PasskeyOrigins {
		if problem := notAnOrigin(origin); problem != "" {
			return quoted(origin) + " is not an origin such as https://shop.example: " + problem
		}
		u, _ := url.Parse(origin) // it has an origin's shape
		if u.Scheme != "https" && u.Scheme != "http" || c.overNetwork(u) {
			return origin + " is not https; only this machine itself (localhost) can do without"
		}
	}
	return ""
}

// appleApp is an app as apple-app-site-association names it: team ID and bundle ID.
var appleApp = regexp.MustCompile(`^[A-Z0-9]{10}\.[A-Za-z0-9.-]{1,155}$`)

func appleApps(c Config) string {
	for _, app := range c.AppleApps {
		if !appleApp.MatchString(app) {
			return quoted(app) + " is not a team ID and a bundle ID, such as A1B2C3D4E5.com.example.app"
		}
	}
	return ""
}

var androidPackage = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+$`)

func androidApps(c Config) string {
	for _, app := range c.AndroidApps {
		name, print, _ := strings.Cut(app, "@")
		raw, err := hex.DecodeString(strings.ReplaceAll(print, ":", ""))
		if !androidPackage.MatchString(name) || err != nil || len(raw) != 32 {
			return quoted(app) + " is not package@fingerprint with the SHA-256 of a certificate in hexadecimal"
		}
	}
	return ""
}
