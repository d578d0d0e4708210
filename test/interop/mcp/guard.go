package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// verifyToken is an auth.TokenVerifier.
func verifyToken(ctx context.Context, raw string, _ *http.Request) (*auth.TokenInfo, error) {
	token, err := verify(ctx, raw)
	switch {
	case errors.Is(err, errNoKeys):
		return nil, err // 500: the token may be good
	case err != nil:
		return nil, fmt.Errorf("%w: %v", auth.ErrInvalidToken, err)
	}
	return &auth.TokenInfo{UserID: token.Subject(), Scopes: strings.Fields(claim(token, "scope")), Expiration: token.Expiration()}, nil
}
