package document

import (
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/apis"
	"gatehouse/internal/client"
)

// allowed checks the URL of a document before anything is asked of its host (§3 of the
// draft). The URL is compared and fetched as it stands, never normalised.
func (s *Service) allowed(id string) error {
	u, err := url.Parse(id)
	switch {
	case !strings.HasPrefix(id, "https://"):
		return NotHTTPS.because("%.300q is not https", shown(id))
	case strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7F || strings.ContainsRune("\\\"<>^`{|}", r) }):
		return NotAURL.because("%.300q has a character that a URL has not", shown(id))
	case err != nil || u.Opaque != "" || !client.IsHost(u.Hostname()) || strings.HasSuffix(u.Host, ":"):
		return NotAURL.because("%.300q is not a URL of one host", shown(id))
	case u.User != nil || strings.Contains(u.Host, "@"):
		return UserInfo.because("%.300q has user information", shown(id))
	case strings.Contains(id, "#"):
		return Fragment.because("%.300q has a fragment", shown(id))
	case u.Path == "":
		return NoPath.because("%.300q has no path", shown(id))
	case hasDots(u.Path):
		return DotSegment.because("%.300q has a dot segment", shown(id))
	case below(id, s.Issuer):
		return Ours.because("%.300q lies below the issuer", shown(id))
	case s.isAudience(id):
		return Ours.because("%.300q is our own audience", shown(id))
	case !s.Switch.admits(u):
		return NotListed.because("the host of %.300q is not listed", shown(id))
	}
	return nil
}

// shown returns a URL for our log, without the user information that it may have.
func shown(id string) string {
	if at := strings.LastIndexByte(id, '@'); at >= 0 {
		return "https://…" + id[at:]
	}
	return id
}

// hasDots reports whether a segment of the path is "." or "..". The path is decoded, so
// that no other program reads one where we do not.
func hasDots(path string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' }), func(segment string) bool {
		return segment == "." || segment == ".."
	})
}

// isAudience reports whether the URL is the audience of our own API. An ID token for the client
// would have it as well.
func (s *Service) isAudience(id string) bool {
	theirs, err := apis.Canonical(id)
	ours, none := apis.Canonical(s.Audience)
	return err == nil && none == nil && theirs == ours
}

// below reports whether the URL is the issuer, or lies under it.
func below(id, issuer string) bool {
	ours, err := url.Parse(issuer)
	u, parsed := url.Parse(id)
	if err != nil || parsed != nil || ours.Scheme != "https" || !strings.EqualFold(u.Hostname(), ours.Hostname()) || portOf(u) != portOf(ours) {
		return false
	}
	return strings.HasPrefix(u.Path+"/", ours.Path+"/")
}

func portOf(u *url.URL) string {
	if u.Port() == "" {
		return "443"
	}
	return u.Port()
}

// host returns the host of a URL that was checked, in lower case and with its port.
func host(id string) string {
	u, err := url.Parse(id)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}
