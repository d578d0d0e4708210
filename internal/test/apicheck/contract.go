// Package apicheck checks real answers against the OpenAPI document, for tests. It judges
// the answers and counts them by operation; the test chooses the requests.
package apicheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// allAnswers marks, in components/headers, a header that every answer has. A response
// that names the header itself overrides it.
const allAnswers = "x-all-answers"

// A Contract is an OpenAPI document that judges answers. It is safe for
// concurrent use.
type Contract struct {
	document *openapi3.T
	router   routers.Router
	// common are the headers of every answer.
	common openapi3.Headers

	mu   sync.Mutex
	seen map[Operation]map[int]int
	good map[string]bool // answers that were judged and are as documented
}

// An Operation is a method of a documented path.
type Operation struct{ Method, Path, ID string }

func (o Operation) String() string { return o.Method + " " + o.Path }

// Load reads the document and checks that it is valid OpenAPI 3.1, with examples that
// match their schemas.
func Load(document []byte) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	if !doc.IsOpenAPI31OrLater() {
		return nil, fmt.Errorf("the document is OpenAPI %s, not 3.1", doc.OpenAPI)
	}
	if err := doc.Validate(context.Background(), openapi3.EnableMultiError()); err != nil {
		return nil, fmt.Errorf("validating the document: %w", err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("reading the paths: %w", err)
	}
	c := &Contract{document: doc, router: router, common: openapi3.Headers{}, seen: map[Operation]map[int]int{}, good: map[string]bool{}}
	for name, header := range doc.Components.Headers {
		if marked, _ := header.Value.Extensions[allAnswers].(bool); marked {
			c.common[name] = header
		}
	}
	return c, nil
}

// Operations returns the documented operations, ordered by path and method.
func (c *Contract) Operations() []Operation {
	var all []Operation
	for path, item := range c.document.Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, Operation{method, path, op.OperationID})
		}
	}
	slices.SortFunc(all, func(a, b Operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return all
}

// Statuses returns the documented statuses of an operation.
func (c *Contract) Statuses(o Operation) []int {
	responses := c.document.Paths.Value(o.Path).GetOperation(o.Method).Responses
	var statuses []int
	for code := range responses.Map() {
		if status, err := strconv.Atoi(code); err == nil {
			statuses = append(statuses, status)
		}
	}
	slices.Sort(statuses)
	return statuses
}

// Fields returns the names of the fields that an operation reads, ordered.
func (c *Contract) Fields(o Operation) []string {
	body := c.document.Paths.Value(o.Path).GetOperation(o.Method).RequestBody
	if body == nil {
		return nil
	}
	fields := map[string]bool{}
	for _, media := range body.Value.Content {
		for name := range media.Schema.Value.Properties {
			fields[name] = true
		}
	}
	return slices.Sorted(maps.Keys(fields))
}

// Queries returns the names of the query parameters of an operation.
func (c *Contract) Queries(o Operation) []string {
	var names []string
	for _, p := range c.document.Paths.Value(o.Path).GetOperation(o.Method).Parameters {
		if p.Value.In == openapi3.ParameterInQuery {
			names = append(names, p.Value.Name)
		}
	}
	return names
}

// Access returns the roles and the scope that the document requires, and whether it
// requires an access token at all.
func (c *Contract) Access(o Operation) (roles []string, scope string, guarded bool) {
	op := c.document.Paths.Value(o.Path).GetOperation(o.Method)
	if op.Security != nil {
		for _, requirement := range *op.Security {
			if scopes, ok := requirement[bearerScheme]; ok {
				guarded, scope = true, strings.Join(scopes, " ")
			}
		}
	}
	listed, _ := op.Extensions["x-roles"].([]any)
	for _, role := range listed {
		roles = append(roles, fmt.Sprint(role))
	}
	return roles, scope, guarded
}

var (
	errUnknownPath   = errors.New("the document does not have the path")
	errUnknownMethod = errors.New("the document does not have the method of this path")
)

// find returns the route of a request. Paths of the API are documented with a trailing
// slash and also answer without it. HEAD is documented as GET. For a method that the path
// does not have, find returns any operation of the path, because all of them document the
// answer to that.
func (c *Contract) find(r *http.Request) (*routers.Route, map[string]string, error) {
	methods := []string{r.Method}
	if r.Method == http.MethodHead {
		methods = append(methods, http.MethodGet)
	}
	for _, path := range []string{r.URL.Path, r.URL.Path + "/"} {
		for _, method := range methods {
			route, variables, err := c.router.FindRoute(asked(r, method, path))
			if err == nil {
				return route, variables, nil
			}
			if errors.Is(err, routers.ErrMethodNotAllowed) && method == methods[len(methods)-1] {
				return c.neighbour(asked(r, method, path))
			}
		}
	}
	return nil, nil, errUnknownPath
}

func (c *Contract) neighbour(r *http.Request) (*routers.Route, map[string]string, error) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		if route, variables, err := c.router.FindRoute(asked(r, method, r.URL.Path)); err == nil {
			return route, variables, errUnknownMethod
		}
	}
	return nil, nil, errUnknownPath
}

// asked returns r as if it had been made with another method and path.
func asked(r *http.Request, method, path string) *http.Request {
	other := r.Clone(r.Context())
	other.Method, other.URL.Path, other.URL.RawPath = method, path, ""
	return other
}

func (c *Contract) count(o Operation, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[o] == nil {
		c.seen[o] = map[int]int{}
	}
	c.seen[o][status]++
}

// countAll counts an answer to a method that the path does not have. It counts for all
// operations of the path.
func (c *Contract) countAll(route *routers.Route, status int) {
	for method, op := range route.PathItem.Operations() {
		c.count(Operation{method, route.Path, op.OperationID}, status)
	}
}

// Seen returns the statuses with which an operation has answered so far.
func (c *Contract) Seen(o Operation) []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.seen[o]))
}
