package protocol

import (
	"net/http"

	"gatehouse/handlers"
)

// Token is the token endpoint, RFC 6749 §3.2.
type Token struct {
	Engine interface {
		Token(r *http.Request) (map[string]any, error)
	}
}

// Serve answers a token request.
func (e Token) Serve(w http.ResponseWriter, r *http.Request) error {
	if _, err := handlers.AppForm(r); err != nil {
		return err
	}
	answer, err := e.Engine.Token(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}
