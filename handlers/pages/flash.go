package pages

import (
	"net/http"

	"gatehouse/internal/browser"
	"gatehouse/internal/cursor"
)

// Flash carries a message over a redirect, to be shown once: what a form did. It is in a
// cookie that only we can make and that belongs to one person, so that nobody can have a
// page say something.
type Flash struct {
	Cookies browser.Cookies
	Sealer  cursor.Sealer
}

// Set leaves the message for the next page of the person with that subject.
func (f Flash) Set(w http.ResponseWriter, sub, message string) {
	sealed, err := f.Sealer.Seal("flash "+sub, message)
	if err != nil {
		return // it never fails for text, and the act is done all the same
	}
	f.Cookies.SetFlash(w, sealed)
}

// Take returns the message that waits for the person, or "", and removes it.
func (f Flash) Take(w http.ResponseWriter, r *http.Request, sub string) string {
	sealed := f.Cookies.Flash(r)
	if sealed == "" {
		return ""
	}
	f.Cookies.ClearFlash(w)
	var message string
	if f.Sealer.Open("flash "+sub, sealed, &message) != nil {
		return ""
	}
	return message
}
