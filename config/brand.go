package config

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/colour"
)

// maxBrandName is in characters: more would not stand beside a logo.
const maxBrandName = 40

func brandName(c Config) string {
	switch {
	case utf8.RuneCountInString(c.BrandName) > maxBrandName:
		return quoted(c.BrandName) + " has more than 40 characters"
	case strings.ContainsFunc(c.BrandName, func(r rune) bool { return !unicode.IsPrint(r) }):
		return quoted(c.BrandName) + " has characters that are not shown"
	}
	return ""
}

func brandColor(c Config) string {
	if c.BrandColor == "" {
		return ""
	}
	if _, _, err := colour.Themes(c.BrandColor); err != nil {
		return err.Error()
	}
	return ""
}

// pageAddress checks the address of a link on the pages.
func pageAddress(address string, schemes ...string) string {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return ""
	case err != nil || !slices.Contains(schemes, u.Scheme) || u.Scheme == "https" && u.Host == "" || u.User != nil:
		return quoted(address) + " is not an address that begins with " + strings.Join(schemes, ": or ") + ":"
	}
	return ""
}
