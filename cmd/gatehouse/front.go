package main

import (
	"net/http"
	"time"

	"gatehouse/internal/notify"
	"gatehouse/internal/oauth"
	"gatehouse/internal/outbound"
	"gatehouse/internal/token"
)

// outbound makes the client for what apps tell us to call.
func (a *app) outbound() *http.Client {
	return outbound.Client(outbound.Options{Private: a.config.PrivateTargets})
}

// assertions judges what clients sign to authenticate themselves.
func (a *app) assertions() *oauth.Assertions {
	return &oauth.Assertions{Once: a.db, Keys: &oauth.JWKSCache{Client: a.outbound(), Now: now}, Issuer: a.config.Issuer, Now: a.now}
}

// notifyEvery is how soon after a sign-out the apps are told of it.
const notifyEvery = time.Second

func (a *app) newNotifier(minter *token.Minter) *notify.Worker {
	return &notify.Worker{
		Notices: a.db, Clients: a.registry, Tokens: minter, Every: notifyEvery,
		HTTP: a.outbound(), Now: a.now, Log: a.log,
	}
}
