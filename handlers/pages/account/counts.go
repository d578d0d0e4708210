package account

import (
	"net/http"

	"gatehouse/handlers/pages"
)

// The functions below count things in words.

func browsersIn(r *http.Request, n int) string { return pages.Count(r, "1 browser", "%d browsers", n) }

func sessionsIn(r *http.Request, n int) string {
	if n == 0 {
		return pages.Say(r, "no session in an app")
	}
	return pages.Count(r, "1 session in an app", "%d sessions in apps", n)
}

func appsIn(r *http.Request, n int) string {
	if n == 0 {
		return pages.Say(r, "no app")
	}
	return pages.Count(r, "1 app", "%d apps", n)
}

func permissionsIn(r *http.Request, n int) string {
	return pages.Count(r, "1 permission", "%d permissions", n)
}
