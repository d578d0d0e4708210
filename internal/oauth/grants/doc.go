// Package grants is the token endpoint (RFC 6749 §3.2). Only this package uses go-oauth2.
//
//	Token                  engine.go
//	   │  preflight        steps.go     the client, its right to the grant, the scope
//	   ▼
//	go-oauth2's server     engine.go    checks the parameters of the grants that it knows
//	   │  manager          calls our steps where the library would use its own store
//	   ▼
//	answers                steps.go     from grant.Type to step
//	   ├─ password, refresh, clientCredentials
//	   ├─ redeem           redeem.go    a code: once, by its client, with its verifier
//	   └─ device           device.go    a poll; the library does not know this grant
//	        both start a session from what a person allowed; a replay of the code ends it
package grants
