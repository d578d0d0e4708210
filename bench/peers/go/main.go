// The example server of github.com/zitadel/oidc, which keeps everything in memory, for the
// load rig to measure.
//
//	go run . PORT SESSIONS FILE
//
// It makes so many sessions, writes their refresh tokens to FILE as JSON, and then listens.
package main

import (
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The app of the sessions, whose ID and secret the rig knows. The app of client_credentials is
// the example's own (sid1).
const appID, appSecret = "bench-app", "the-secret-of-the-peers-app"

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: peer PORT SESSIONS FILE")
	}
	sessions, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	address, issuer := "127.0.0.1:"+os.Args[1], "http://localhost:"+os.Args[1]+"/"
	storage.RegisterClients(storage.WebClient(appID, appSecret, "https://app.example.com/back"))
	kept := signed{storage.NewStorage(storage.NewUserStore(issuer))}
	logs := slog.New(slog.NewTextHandler(os.Stderr, nil)) // one line for each request, as in the example
	server := http.Server{Addr: address, ReadHeaderTimeout: time.Minute, Handler: exampleop.SetupServer(issuer, kept, logs, false)}
	if err := begin(kept, issuer, sessions, os.Args[3]); err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.ListenAndServe())
}

// begin makes sessions of the example's user, with a refresh token each.
func begin(kept signed, issuer string, n int, file string) error {
	ctx := op.ContextWithIssuer(context.Background(), issuer)
	var begun struct {
		Refresh []string `json:"refresh"`
	}
	for range n {
		_, refresh, _, err := kept.CreateAccessAndRefreshTokens(ctx, &storage.AuthRequest{
			ApplicationID: appID, UserID: "id1", ResponseType: oidc.ResponseTypeCode,
			Scopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, oidc.ScopeOfflineAccess},
		}, "")
		if err != nil {
			return err
		}
		begun.Refresh = append(begun.Refresh, refresh)
	}
	text, err := json.Marshal(begun)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// signed is the example's storage, except that access tokens are signed JWTs: the example's
// are encrypted and need no signature, which none of the other servers' are.
type signed struct{ *storage.Storage }

func (s signed) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	return jwtClient{c}, err
}

func (s signed) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	c, err := s.Storage.ClientCredentials(ctx, id, secret)
	return jwtClient{c}, err
}

type jwtClient struct{ op.Client }

func (jwtClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
