package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
)

// peerSessions is how many sessions each peer has at first. A password each at Keycloak, so
// they are few; no peer remembers tokens that it has seen.
const peerSessions = 256

// Of the app that every peer knows.
const peerApp, peerSecret = "bench-app", "the-secret-of-the-peers-app"

// A peer is a server of another maker.
type peer struct {
	name, keeps string
	// start starts it on a port; begun is the file that it may write its tokens to.
	start func(ctx context.Context, r *rig, port, begun string) (server *process, version string, err error)
	path  string // of the issuer
	robot [2]string
	// client and refresh are what the requests of the two grants have besides.
	client, refresh url.Values
	person          func(i int) string // who may sign in by the password grant; nil: nobody
	// brief is set if access tokens last for minutes.
	brief bool
}

// A visit is what the requests to a running peer are made from.
type visit struct {
	peer    peer
	load    load
	at      endpoints
	access  []string
	holders chan *holder
	turn    atomic.Int64
}

// endpoints are paths.
type endpoints struct {
	Token         string `json:"token_endpoint"`
	Introspection string `json:"introspection_endpoint"`
	Userinfo      string `json:"userinfo_endpoint"`
	JWKS          string `json:"jwks_uri"`
}

// discover asks a peer where its endpoints are.
func (v *visit) discover(ctx context.Context) error {
	return v.load.send(ctx, request{
		method: http.MethodGet, path: v.peer.path + "/.well-known/openid-configuration", want: http.StatusOK,
		then: func(_ http.Header, body []byte) error {
			if err := json.Unmarshal(body, &v.at); err != nil {
				return fmt.Errorf("reading where the endpoints are: %w", err)
			}
			for _, at := range []*string{&v.at.Token, &v.at.Introspection, &v.at.Userinfo, &v.at.JWKS} {
				there, err := url.Parse(*at)
				if err != nil {
					return fmt.Errorf("reading where the endpoints are: %w", err)
				}
				if *at = there.Path; *at == "" {
					return fmt.Errorf("an endpoint is missing in %.300s", body)
				}
			}
			return nil
		},
	})
}

// begin takes the sessions that the peer made itself, or signs people in.
func (v *visit) begin(ctx context.Context, file string) error {
	if v.peer.person != nil {
		return v.signIn(ctx)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the sessions: %w", err)
	}
	var begun struct{ Access, Refresh []string }
	if err := json.Unmarshal(text, &begun); err != nil {
		return fmt.Errorf("reading the sessions: %w", err)
	}
	v.access = begun.Access
	for _, token := range begun.Refresh {
		v.holders <- &holder{refresh: token}
	}
	return nil
}

func (v *visit) signIn(ctx context.Context) error {
	for range peerSessions {
		q := v.password()
		q.then = func(_ http.Header, body []byte) error {
			h := &holder{}
			v.access = append(v.access, accessOf(body))
			return h.moveOn(v.holders, "refresh_token")(nil, body)
		}
		if err := v.load.send(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// ready takes access tokens that last for the row, where they last for minutes only.
func (v *visit) ready(ctx context.Context, row string) error {
	if !v.peer.brief || row != nameIntrospect && row != nameUserinfo {
		return nil
	}
	v.access = nil
	for range len(v.holders) {
		q := v.refresh()
		moveOn := q.then
		q.then = func(header http.Header, body []byte) error {
			v.access = append(v.access, accessOf(body))
			return moveOn(header, body)
		}
		if err := v.load.send(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func accessOf(body []byte) string {
	var answer struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal(body, &answer) // the refresh token of the same answer is checked
	return answer.Token
}
