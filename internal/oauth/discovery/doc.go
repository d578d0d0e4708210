// Package discovery makes the documents that describe this server (RFC 8414, OpenID
// Connect Discovery 1.0).
//
//	Server                 the endpoints and grant types of this server
//	   ▼
//	metadata               the members of both documents; absent endpoints are left out
//	   ├─ AuthorizationServer     /.well-known/oauth-authorization-server
//	   └─ OpenIDConfiguration     /.well-known/openid-configuration: also claims and logout
//	ProtectedResource      /.well-known/oauth-protected-resource: our own API (RFC 9728), in resource.go
//
// The documents are made once, when the server starts.
package discovery
