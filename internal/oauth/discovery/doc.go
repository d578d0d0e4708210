// Package discovery says what this server can do (RFC 8414, OpenID Connect
// Discovery 1.0).
//
//	Server                 which endpoints there are, and which grant types
//	   ▼
//	metadata               what both documents say; an endpoint that is not there is not spoken of
//	   ├─ AuthorizationServer     /.well-known/oauth-authorization-server
//	   └─ OpenIDConfiguration     /.well-known/openid-configuration: claims and logout beside it
//
// All of it is in metadata.go. The documents are made once, when the server starts.
package discovery
