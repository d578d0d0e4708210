// Package clientauth authenticates clients (RFC 6749 §2.3, RFC 7523).
//
//	Authenticate           authenticator.go
//	   │  presented        one way to authenticate, or a refusal
//	   │  check            looks the client up in the cache, and before a refusal in the record
//	   ▼
//	proofs                 by authentication method, one for each of store.AuthMethods
//	   ├─ bySecret         the digests in force, compared in constant time
//	   ├─ byNothing        a public client has only its client_id
//	   └─ byAssertion ───► verify   assertion.go   signature, claims, and first use
//	                       Get      jwks.go        the keys behind a jwks_uri, cached
//	                       Renew                   the same, for a key that is not among them
package clientauth
