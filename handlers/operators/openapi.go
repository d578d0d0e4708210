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

// maxAge is how long the description may be kept; it changes with a new version.
const maxAge = 5 * time.Minute

// OpenAPI is the description of everything that the server answers (OpenAPI 3.1).
// It is composed of the parts in the folder openapi and of the lists that decode
// requests (internal/test/gendocs); a test holds the server's answers against it.
type OpenAPI struct{ tag string }

// NewOpenAPI returns the endpoint.
func NewOpenAPI() OpenAPI {
	sum := sha256.Sum256(document)
	return OpenAPI{tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// Document is the document itself. It must not be changed.
func (e OpenAPI) Document() []byte { return document }

// Serve writes the document. Any web page may read it, for tools that draw it are
// web pages, and there is nothing in it that is not meant for all.
func (e OpenAPI) Serve(w http.ResponseWriter, r *http.Request) error {
	handlers.WriteDocument(w, r, document, e.tag, maxAge)
	return nil
}
