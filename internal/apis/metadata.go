package apis

import (
	"errors"
	"net/url"

	"gatehouse/internal/loopback"
	"gatehouse/store"
)

// Metadata is the document that an API serves about itself (RFC 9728 §2).
type Metadata struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
	Scopes   []string `json:"scopes_supported"`
	Methods  []string `json:"bearer_methods_supported"`
	Name     string   `json:"resource_name"`
}

// Metadata returns the document that an API should serve, and the address for it, or the
// reason why there is none.
func (s *Service) Metadata(a store.API) (document Metadata, address string, err error) {
	u, err := url.Parse(a.Identifier)
	switch {
	case a.ID == store.OwnAPI:
		return document, "", errors.New("the API is Gatehouse's own, and Gatehouse serves its metadata itself")
	case err != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback.Host(u.Hostname())):
		return document, "", errors.New("only an API whose identifier is an https URL has such a document (RFC 9728 §1.2)")
	}
	at := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/.well-known/oauth-protected-resource" + u.Path, RawQuery: u.RawQuery}
	if u.RawPath != "" {
		at.RawPath = "/.well-known/oauth-protected-resource" + u.RawPath
	}
	return Metadata{a.Identifier, []string{s.Issuer}, names(a), []string{"header"}, a.Name}, at.String(), nil
}
