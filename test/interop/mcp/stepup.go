package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// maxCall is the longest body of a call, in bytes.
const maxCall = 1 << 20

// stepUp refuses a call of a tool whose scope the token lacks, and names in that one answer
// every scope that the call needs (RFC 6750 §3.1).
func stepUp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
		if err != nil {
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if scope := toolCalled(body); scope != "" && !slices.Contains(auth.TokenInfoFromContext(r.Context()).Scopes, scope) {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer error=%q, scope=%q, resource_metadata=%q", "insufficient_scope", scopes[0]+" "+scope, metadata))
			http.Error(w, "the call needs more scopes", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// toolCalled returns the name of the tool that a message calls, or "". A tool's name is
// that of the scope it needs.
func toolCalled(message []byte) string {
	var call struct {
		Method string
		Params struct{ Name string }
	}
	if json.Unmarshal(message, &call) != nil || call.Method != "tools/call" {
		return ""
	}
	return call.Params.Name
}
