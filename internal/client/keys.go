package client

import (
	"bytes"
	"encoding/json"

	"gatehouse/internal/fields"
	"gatehouse/keys"
	"gatehouse/store"
)

// The audience that an assertion must name (RFC 7523 §3).
const (
	// issuerAudience accepts only our issuer. A malicious server could obtain an
	// assertion for an endpoint by presenting our endpoint as its own.
	issuerAudience = "issuer"
	// anyAudience accepts the issuer or the endpoint's URL, for older clients.
	anyAudience = "any"
)

// setKeys sets the keys of a client with private_key_jwt: either a set of public keys
// or the URI to fetch it from (RFC 7591 §2). Each replaces the other.
func setKeys(c *store.Client, in Input, faults *fields.Errors) {
	if faults.Has("auth_method") {
		return
	}
	was := *c
	setKeySet(&c.JWKS, in.JWKS, faults)
	setURI(keysFault)(&c.JWKSURI, "jwks_uri", in.JWKSURI, faults)
	setAudience(c, in.AssertionAudience, faults)
	if c.AuthMethod != store.PrivateKeyJWT {
		withoutKeys(c, in, faults)
		return
	}
	switch {
	case in.JWKS.Value != "" && in.JWKSURI.Value != "":
		faults.Add("jwks_uri", "Give jwks or jwks_uri, not both.")
	case in.JWKS.Value != "":
		c.JWKSURI = ""
	case in.JWKSURI.Value != "" && c.JWKSURI != was.JWKSURI:
		c.JWKS = ""
	}
	if c.JWKS == "" && c.JWKSURI == "" && !faults.Has("jwks") && !faults.Has("jwks_uri") {
		faults.Add("jwks", "The method "+store.PrivateKeyJWT+" needs jwks or jwks_uri.")
	}
}

// withoutKeys removes the keys of a client that has another method. It refuses keys
// that were sent for it, because the caller believes that they count.
func withoutKeys(c *store.Client, in Input, faults *fields.Errors) {
	for _, sent := range []struct{ name, value string }{
		{"jwks", in.JWKS.Value}, {"jwks_uri", in.JWKSURI.Value}, {"assertion_audience", in.AssertionAudience.Value},
	} {
		if sent.value != "" && !faults.Has(sent.name) {
			faults.Add(sent.name, "Only the method "+store.PrivateKeyJWT+" has this.")
		}
	}
	c.JWKS, c.JWKSURI, c.AssertionAudience = "", "", ""
}

func setKeySet(to *string, t fields.Text, faults *fields.Errors) {
	switch {
	case t.Problem != "":
		faults.Add("jwks", t.Problem)
	case !t.Sent:
	case t.Value == "":
		*to = ""
	default:
		var compact bytes.Buffer
		err := keys.CheckClientSet([]byte(t.Value))
		if err == nil {
			err = json.Compact(&compact, []byte(t.Value))
		}
		if err != nil {
			faults.Add("jwks", "Not a set of public keys: "+err.Error()+".")
			return
		}
		*to = compact.String()
	}
}

func setAudience(c *store.Client, t fields.Text, faults *fields.Errors) {
	switch {
	case t.Problem != "":
		faults.Add("assertion_audience", t.Problem)
	case t.Sent && t.Value != "" && t.Value != issuerAudience && t.Value != anyAudience:
		faults.Add("assertion_audience", "Choose issuer or any.")
	case t.Sent && t.Value != "":
		c.AssertionAudience = t.Value
	case t.Sent || c.AssertionAudience == "":
		c.AssertionAudience = issuerAudience
	}
}
