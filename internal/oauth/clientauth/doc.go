// Package clientauth finds out which client is asking (RFC 6749 §2.3, RFC 7523).
//
//	Authenticate           authenticator.go
//	   │  presented        one way to authenticate, or a refusal
//	   │  check            looks the client up; a refusal is asked again of the record itself
//	   ▼
//	proofs                 by authentication method, one for each of store.AuthMethods
//	   ├─ bySecret         the digests in force, compared in constant time
//	   ├─ byNothing        a public client has only its name
//	   └─ byAssertion ───► verify   assertion.go   signature, claims, and for the first time
//	                       Get      jwks.go        the keys behind a jwks_uri, remembered
package clientauth
