package operators

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"time"

	"gatehouse/handlers"
)

//go:generate go run gatehouse/internal/test/gendocs -openapi openapi.json

//go:embed openapi.json
var document []byte

// maxAge is how long the document may be cached; it changes only with a new version.
const maxAge = 5 * time.Minute

// OpenAPI serves the description of all endpoints (OpenAPI 3.1). The description is
// composed of the parts in the folder openapi and of the lists that decode requests
// (internal/test/gendocs); a test checks the server's answers against it.
type OpenAPI struct{ tag string }

// NewOpenAPI returns the endpoint.
func NewOpenAPI() OpenAPI {
	sum := sha256.Sum256(document)
	return OpenAPI{tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// Document returns the document, which must not be changed.
func (e OpenAPI) Document() []byte { return document }

// Serve writes the document. The tools that display it are web pages.
func (e OpenAPI) Serve(w http.ResponseWriter, r *http.Request) error {
	handlers.WriteDocument(w, r, document, e.tag, maxAge)
	return nil
}
