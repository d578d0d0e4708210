package pages

import (
	"net/http"
	"strings"

	"gatehouse/internal/reqctx"
	"gatehouse/web"
)

// languageCookie remembers the language that a person chose on a page.
const languageCookie = "gh_lang"

// Language returns the language of the pages for a request: what ui_locales in its address
// asks for (OIDC Core 1.0 §3.1.2.1), or what the person chose before in this browser, or
// what the app whose request waits asks for (Prefer), or else what the browser does.
func Language(r *http.Request) web.Language {
	info := reqctx.From(r.Context())
	if info.Language == "" {
		info.Language = string(choose(r, ""))
	}
	return web.Language(info.Language)
}

// Prefer takes the languages that an app asked for into account, best first. It counts for
// the rest of the request.
func Prefer(r *http.Request, locales []string) {
	reqctx.From(r.Context()).Language = string(choose(r, strings.Join(locales, " ")))
}

func choose(r *http.Request, app string) web.Language {
	here := r.URL.Query().Get("ui_locales")
	return web.Choose(asPreferences(here), chosenBefore(r), asPreferences(app), r.Header.Get("Accept-Language"))
}

func chosenBefore(r *http.Request) string {
	c, err := r.Cookie(languageCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// remember keeps the language that the address of one of our own pages asks for, until the
// browser is closed. The language of an app's request counts for that request alone.
func remember(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || strings.HasPrefix(r.URL.Path, "/oauth/") || !r.URL.Query().Has("ui_locales") {
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure wherever there is TLS
		Name: languageCookie, Value: string(Language(r)), Path: "/", Secure: web.SiteOf(r.Context()).Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// asPreferences turns a list with blanks into the form of Accept-Language.
func asPreferences(locales string) string { return strings.Join(strings.Fields(locales), ",") }

// view returns the view of a request's page. The page of a form's answer, or of a refusal,
// is not offered in the other language: its address alone does not show it again.
func view(r *http.Request, status int) web.View {
	return web.View{
		Base: reqctx.From(r.Context()).Base, Language: Language(r), Brand: web.SiteOf(r.Context()).Brand, Query: r.URL.Query(),
		Repeats: r.Method == http.MethodGet && status < http.StatusMultipleChoices,
	}
}

// Say returns a sentence in the language of the page, with the arguments in the places of
// its verbs. The sentence is a constant, and stands in the catalogues.
func Say(r *http.Request, sentence string, args ...any) string {
	return Language(r).Say(sentence, args...)
}

// Count is Say for a sentence whose first argument is a number: one is the sentence for 1,
// and other for all others.
func Count(r *http.Request, one, other string, n int, args ...any) string {
	return Language(r).Count(one, other, n, args...)
}

// Told returns a message that another package has finished, such as a fault of a field, in
// the language of the page.
func Told(r *http.Request, message string) string { return Language(r).Told(message) }
