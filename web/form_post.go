package web

import (
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// FormPost sends an authorization response to an app by a form that submits itself
// (OAuth 2.0 Form Post Response Mode §4), or by its button where scripts are off.
var FormPost = page[FormPostData]("form_post")

// FormPostData fills FormPost.
type FormPostData struct {
	// Action is the app's address. It is one of the registered ones, so the template
	// need not check its scheme, which may be a private one.
	Action template.URL
	Fields []FormPostField
	Script string
}

// A FormPostField is one parameter.
type FormPostField struct{ Name, Value string }

// NewFormPostData returns the form that sends the parameters to action.
func NewFormPostData(action string, parameters url.Values) FormPostData {
	d := FormPostData{Action: template.URL(action), Script: formPostScript.path} //nolint:gosec // G203: see Action
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		d.Fields = append(d.Fields, FormPostField{name, parameters.Get(name)})
	}
	return d
}

var formPostScript = load("static/form_post.js", "text/javascript; charset=utf-8")

// FormPostScript returns the path and the handler of the script that submits the form.
func FormPostScript() (path string, serve http.HandlerFunc) {
	return formPostScript.path, formPostScript.serve
}
