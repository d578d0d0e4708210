package oauth

// MaxClientID is well above any ID that can be registered.
const MaxClientID = 255

// The response modes (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
const (
	QueryMode    = "query"
	FragmentMode = "fragment"
	FormPostMode = "form_post"
)

// NotBase64URL reports whether r is outside the base64url alphabet (RFC 4648 §5).
func NotBase64URL(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
