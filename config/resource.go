package config

import (
	"errors"
	"net/url"
	"strings"
)

// wellKnownResource is what comes between the host and the path of a resource in the
// address of its metadata (RFC 9728 §3).
const wellKnownResource = "/.well-known/oauth-protected-resource"

// ResourceMetadata returns the address of the metadata of our own API (RFC 9728 §3.1), or
// the reason why there is no such document: only the server at the host of a resource can
// say what the resource is.
func (c Config) ResourceMetadata() (*url.URL, error) {
	resource, err := url.Parse(c.Audience)
	issuer, issuerErr := url.Parse(c.Issuer)
	if err != nil || issuerErr != nil || resource.Host == "" {
		return nil, errors.New("it is not a URL")
	}
	path := strings.TrimSuffix(resource.EscapedPath(), "/")
	switch {
	case resource.Scheme != "https" && (resource.Scheme != "http" || !here(resource.Hostname())):
		return nil, errors.New("it is not https")
	case resource.User != nil || strings.ContainsAny(c.Audience, "?#"):
		return nil, errors.New("it has a user, a query or a fragment")
	case resource.Scheme != issuer.Scheme || !strings.EqualFold(resource.Host, issuer.Host):
		return nil, errors.New("it is at another host than the issuer")
	case !strings.HasPrefix(path+"/", issuer.Path+"/"):
		return nil, errors.New("it is not below the path of the issuer")
	case path != "" && (path != resource.EscapedPath() || !plainPath(path)):
		return nil, errors.New("its path has more in it than letters, digits and - . _ between single slashes")
	}
	return &url.URL{Scheme: resource.Scheme, Host: resource.Host, Path: wellKnownResource + path}, nil
}
