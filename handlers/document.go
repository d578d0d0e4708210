package handlers

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// WriteDocument writes a public JSON document, or says that the caller has it
// already. Any web page may read it: there is nothing in it that is not meant for all.
func WriteDocument(w http.ResponseWriter, r *http.Request, body []byte, tag string, maxAge time.Duration) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(maxAge/time.Second)))
	h.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the connection's trouble, not ours
	}
}

// matches compares an If-None-Match header with our tag, weakly (RFC 9110 §13.1.2).
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == "*" || candidate == tag {
			return true
		}
	}
	return false
}
