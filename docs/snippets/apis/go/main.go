// Command orders is an API that accepts the access tokens of a Gatehouse.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/lestrrat-go/jwx/v2/jwt"
)

var (
	issuer   = os.Getenv("ISSUER")   // https://login.example.com
	audience = os.Getenv("AUDIENCE") // https://orders.example.com
	metadata = audience + "/.well-known/oauth-protected-resource"
)

func main() {
	http.HandleFunc("GET /orders", protect(hello, "orders:read"))
	http.HandleFunc("GET /reports", protect(hello, "orders:read", "staff", "admin"))
	http.HandleFunc("GET /.well-known/oauth-protected-resource", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"resource": audience, "authorization_servers": []string{issuer},
			"scopes_supported": []string{"orders:read"}, "bearer_methods_supported": []string{"header"},
		})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func hello(w http.ResponseWriter, r *http.Request) {
	token := r.Context().Value(caller{}).(jwt.Token)
	answer(w, map[string]any{"sub": token.Subject(), "client_id": claim(token, "client_id"), "role": claim(token, "role")})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
