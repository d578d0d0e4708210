// Package grants is the token endpoint (RFC 6749 §3.2). It alone knows go-oauth2.
//
//	Token                  engine.go
//	   │  preflight        steps.go     the client, its right to the grant, the scope
//	   ▼
//	go-oauth2's server     engine.go    reads what each grant of its own must have
//	   │  manager          asks our steps where the library would ask its own store
//	   ▼
//	answers                steps.go     from grant.Type to step
//	   ├─ password, refresh, clientCredentials
//	   ├─ redeem           redeem.go    a code: once, by its client, with its verifier
//	   └─ device           device.go    a poll; the library does not know this grant
//	        both startFrom what a person allowed, and end the session of a code that came again
package grants
