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

// setKeys sets the keys of a client: either a set of public keys or the URI to fetch it from
// (RFC 7591 §2). Each replaces the other. A client signs its assertions with them if its
// method is private_key_jwt, and its request objects (RFC 9101) whatever its method.
func setKeys(c *store.Client, in Input, faults *fields.Errors) {
	if faults.Has("auth_method") {
		return
	}
	was := *c
	setKeySet(&c.JWKS, in.JWKS, faults)
	setURI(keysFault)(&c.JWKSURI, "jwks_uri", in.JWKSURI, faults)
	if c.AuthMethod == store.PrivateKeyJWT {
		setAudience(c, in.AssertionAudience, faults)
	} else {
		withoutAssertions(c, in, faults)
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
		requireKeys(c, faults)
	}
}

// requireKeys adds a fault if the client, which has no keys, needs them.
func requireKeys(c *store.Client, faults *fields.Errors) {
	if c.AuthMethod == store.PrivateKeyJWT {
		faults.Add("jwks", "The method "+store.PrivateKeyJWT+" needs jwks or jwks_uri.")
	}
	if c.RequireSignedRequestObject {
		faults.Add("require_signed_request_object", "This needs jwks or jwks_uri.")
	}
}

// withoutAssertions settles a client that has another method than private_key_jwt. It
// refuses an audience that was sent for it, because the caller believes that it counts. A
// client that leaves the method, which only then has an audience, loses the keys that are
// not sent along: they may be the reason why it left.
func withoutAssertions(c *store.Client, in Input, faults *fields.Errors) {
	if in.AssertionAudience.Value != "" {
		faults.Add("assertion_audience", "Only the method "+store.PrivateKeyJWT+" has this.")
	}
	if c.AssertionAudience != "" && in.JWKS.Value == "" {
		c.JWKS = ""
	}
	if c.AssertionAudience != "" && in.JWKSURI.Value == "" {
		c.JWKSURI = ""
	}
	c.AssertionAudience = ""
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
