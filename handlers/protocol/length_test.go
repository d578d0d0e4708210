package protocol

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An answer with two tokens is longer than what net/http counts by itself.
func TestLongAnswersHaveALength(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"access_token": strings.Repeat("a", 3000)})
	}))
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatalf("asking for a long answer: %v", err)
	}
	defer answer.Body.Close()
	if want := int64(len(`{"access_token":""}`) + 3000 + 1); answer.ContentLength != want {
		t.Errorf("Content-Length = %d (transfer encoding %q), want %d", answer.ContentLength, answer.TransferEncoding, want)
	}
}
