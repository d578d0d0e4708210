package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"sync"
)

// An asset is a file of ours whose path changes with its content, so that browsers may cache
// it forever.
type asset struct {
	path, mime string
	body       []byte
	zipped     func() []byte
}

func load(name, mime string) asset {
	body := read(name)
	sum := sha256.Sum256(body)
	return asset{path: "/assets/" + hex.EncodeToString(sum[:6]) + path.Ext(name), mime: mime, body: body, zipped: sync.OnceValue(func() []byte { return compressed(body) })}
}

// compressed returns the body as gzip. It is public and the same for everybody, so its length
// tells nothing; pages, which have secrets, are never compressed (BREACH).
func compressed(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // it knows the level
	_, _ = z.Write(body)                                  // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// serve answers with the file, compressed for those who take that (RFC 9110 §12.5.3).
func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", a.mime)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	if !takesGzip(r.Header.Get("Accept-Encoding")) {
		_, _ = w.Write(a.body)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(a.zipped())
}

// takesGzip reports whether an Accept-Encoding names gzip, and does not refuse it.
func takesGzip(accepted string) bool {
	for coding := range strings.SplitSeq(accepted, ",") {
		name, weight, _ := strings.Cut(coding, ";")
		refused := strings.Trim(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.") == "" && strings.TrimSpace(weight) != ""
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return !refused
		}
	}
	return false
}
