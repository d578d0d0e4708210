package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// JSON answers the script of one of our pages.
func JSON(w http.ResponseWriter, status int, body any) error {
	answer, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding an answer to a script: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(answer)
	return err
}
