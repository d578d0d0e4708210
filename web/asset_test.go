package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"testing"
)

// TestAssetsAreCompressedForThoseWhoTakeIt and are the same either way.
func TestAssetsAreCompressedForThoseWhoTakeIt(t *testing.T) {
	for accepted, zipped := range map[string]bool{
		"": false, "br": false, "gzip": true, "deflate, GZIP;q=0.5, br": true, "gzip;q=0": false, "gzip; q=0.0, br": false, "gzip;q=1.0": true, "xgzip": false,
	} {
		r, w := httptest.NewRequest("GET", stylesheet.path, nil), httptest.NewRecorder()
		r.Header.Set("Accept-Encoding", accepted)
		stylesheet.serve(w, r)
		body := w.Body.Bytes()
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != zipped || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: headers %v, want gzip: %t, and Vary", accepted, w.Header(), zipped)
		}
		if zipped {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatalf("Accept-Encoding %q: reading the answer: %v, want gzip", accepted, err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatalf("Accept-Encoding %q: reading the answer: %v, want no error", accepted, err)
			}
		}
		if !bytes.Equal(body, stylesheet.body) {
			t.Errorf("Accept-Encoding %q: %d bytes, want the %d of the file", accepted, len(body), len(stylesheet.body))
		}
	}
}
