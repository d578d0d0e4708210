package web

import (
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// FormPost brings an authorization response to an app by a form that sends itself
// (OAuth 2.0 Form Post Response Mode §4), and by a button where scripts are off.
var FormPost = page[FormPostData]("form_post")

// FormPostData fills FormPost.
type FormPostData struct {
	// Action is the app's address. It was compared with the registered ones, so the
	// template need not judge its scheme, which may be a private one.
	Action template.URL
	Fields []FormPostField
	Script string
}

// A FormPostField is one parameter.
type FormPostField struct{ Name, Value string }

// NewFormPostData returns the form that brings the parameters to action.
func NewFormPostData(action string, parameters url.Values) FormPostData {
	d := FormPostData{Action: template.URL(action), Script: formPostScript.path} //nolint:gosec // G203: see Action
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		d.Fields = append(d.Fields, FormPostField{name, parameters.Get(name)})
	}
	return d
}

var formPostScript = load("static/form_post.js", "text/javascript; charset=utf-8")

// FormPostScript returns the path and the handler of the script that sends the form.
func FormPostScript() (path string, serve http.HandlerFunc) {
	return formPostScript.path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", formPostScript.mime)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(formPostScript.body)
	}
}
