package web

import "net/http"

// script is the one that all pages share: it makes copy buttons and "Show" work, and shows
// what needs a script. Pages work without it.
var script = load("static/gatehouse.js", "text/javascript; charset=utf-8")

// refreshScript shows the overview of the console anew, every ten seconds.
var refreshScript = load("static/refresh.js", "text/javascript; charset=utf-8")

// RefreshScript returns its path and its handler.
func RefreshScript() (path string, serve http.HandlerFunc) {
	return refreshScript.path, refreshScript.serve
}

// Script returns the path and the handler of the script that all pages share.
func Script() (path string, serve http.HandlerFunc) { return script.path, script.serve }
