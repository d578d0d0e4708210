package pages

import (
	"cmp"
	"net/url"
	"strconv"

	"gatehouse/internal/client"
	"gatehouse/store"
)

// PersonPath, AppPath and APIPath return the paths of the pages in the console about
// somebody or something.
func PersonPath(u store.User) string { return "/console/people/" + strconv.FormatInt(u.ID, 10) }

// AppPath is PersonPath for an app.
func AppPath(id string) string { return "/console/apps/" + client.PathOf(id) }

// APIPath is PersonPath for an API.
func APIPath(id string) string { return "/console/apis/" + url.PathEscape(id) }

// FullNameOf returns what a person is called: by their name or, without one, their username.
func FullNameOf(u store.User) string { return cmp.Or(u.FullName(), u.Username) }
