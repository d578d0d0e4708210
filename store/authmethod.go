package store

// The ways in which a client authenticates: values of token_endpoint_auth_method
// (RFC 7591 §2, OIDC Core 1.0 §9).
const (
	SecretBasic   = "client_secret_basic"
	SecretPost    = "client_secret_post"
	PrivateKeyJWT = "private_key_jwt"
	NoSecret      = "none"
)

// AuthMethods returns all the ways above. Registration, client authentication,
// discovery, the command line and the API document all read this list.
func AuthMethods() []string {
	return []string{SecretBasic, SecretPost, PrivateKeyJWT, NoSecret}
}
