package pages

import (
	"net/url"

	"gatehouse/store"
)

// NameOf returns what a page calls an app: the name that an administrator registered or, for
// a client by URL, whose name nobody has checked, the host of its ID.
func NameOf(c store.Client) string {
	if u, err := url.Parse(c.ID); err == nil && c.Origin == store.OriginDocument {
		return u.Host
	}
	return c.Name
}
