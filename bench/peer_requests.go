package main

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
)

// rows are the endpoints that the peer has.
func (v *visit) rows() []scenario {
	all := []scenario{
		{name: nameClientCredentials, next: v.clientCredentials},
		{name: nameRefresh, next: v.refresh},
		{name: nameIntrospect, next: v.introspect},
		{name: nameUserinfo, next: v.userinfo},
		{name: nameJWKS, next: get(v.at.JWKS, `"kid"`)},
	}
	if v.peer.person != nil {
		all = append(all, scenario{name: namePassword, next: v.password})
	}
	return all
}

// asApp returns a request with a form of an app.
func (v *visit) asApp(id, secret, path, contains string, forms ...url.Values) request {
	all := url.Values{}
	for _, form := range forms {
		maps.Copy(all, form)
	}
	return request{
		method: http.MethodPost, path: path, contentType: "application/x-www-form-urlencoded",
		authorization: "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret)), body: all.Encode(),
		want: http.StatusOK, contains: contains,
	}
}

func (v *visit) clientCredentials() request {
	return v.asApp(v.peer.robot[0], v.peer.robot[1], v.at.Token, `"access_token"`, url.Values{"grant_type": {"client_credentials"}}, v.peer.client)
}

func (v *visit) refresh() request {
	h := nextHolder(v.holders)
	q := v.asApp(peerApp, peerSecret, v.at.Token, `"id_token"`, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {h.refresh}}, v.peer.refresh)
	q.then = h.moveOn(v.holders, "refresh_token")
	return q
}

func (v *visit) password() request {
	return v.asApp(peerApp, peerSecret, v.at.Token, `"refresh_token"`, url.Values{
		"grant_type": {"password"}, "scope": {"openid profile email"}, "username": {v.peer.person(int(v.turn.Add(1)))}, "password": {knownPassword},
	})
}

func (v *visit) token() string { return v.access[int(v.turn.Add(1))%len(v.access)] }

func (v *visit) introspect() request {
	return v.asApp(peerApp, peerSecret, v.at.Introspection, `"active":true`, url.Values{"token": {v.token()}})
}

func (v *visit) userinfo() request {
	return request{
		method: http.MethodGet, path: v.at.Userinfo, authorization: "Bearer " + v.token(), want: http.StatusOK, contains: `"preferred_username":`,
	}
}
