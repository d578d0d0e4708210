// Package authorize is the authorization endpoint (RFC 6749 §3.1, OIDC Core 1.0
// §3.1.2) and the endpoint for pushed requests (RFC 9126). It decides the next step;
// handlers/pages has what a person sees and types.
//
//	Begin, Resume, Carry   endpoint.go
//	   │  readRequest      request.go        one value each; the checks fill in the rest
//	   │  resolve          pushed.go         replaces a reference by what was pushed
//	   │  check            checks.go         one ordered table; redirect.go: is the address the client's?
//	   ▼
//	decide                 decide.go         given who is signed in
//	   ├─ SignIn, AskConsent ─► Seal         continuation.go   the request waits, sealed, in the browser
//	   │                        Pending, Allow, Deny   pages.go   until it comes back to Resume
//	   └─ AnswerClient ───────► issue        code.go           a code
//	                            Answer       step.go           to the client's redirect URI
package authorize
