package apicheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// An Exchange is a request and its answer, with the bodies of both.
type Exchange struct {
	Request     *http.Request
	RequestBody []byte
	Response    *http.Response
	Body        []byte
	// Odd marks a request that on purpose is not one that the document allows, though
	// the server may accept it. Only its answer is judged.
	Odd bool
}

// Judge counts the answer, and returns how it differs from the document, joined, or nil.
// The document must also allow a request that succeeded: otherwise it would hide from
// callers what they may do.
func (c *Contract) Judge(e Exchange) error {
	route, variables, err := c.find(e.Request)
	if errors.Is(err, errUnknownPath) {
		return c.judgeUnknown(e)
	}
	input := &openapi3filter.RequestValidationInput{
		Request: e.Request, PathParams: variables, Route: route, Options: options(),
	}
	faults := c.judgeAnswer(input, e)
	switch status := e.Response.StatusCode; {
	case errors.Is(err, errUnknownMethod):
		c.countAll(route, status)
		if status < http.StatusBadRequest {
			faults = append(faults, errUnknownMethod)
		}
	case status < http.StatusBadRequest:
		c.count(operationOf(route), status)
		if !e.Odd {
			faults = append(faults, judgeRequest(input, e.RequestBody)...)
		}
	default:
		c.count(operationOf(route), status)
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%s %s answered %d: %w", e.Request.Method, e.Request.URL.Path, e.Response.StatusCode, errors.Join(faults...))
}

func operationOf(route *routers.Route) Operation {
	return Operation{route.Method, route.Path, route.Operation.OperationID}
}

// unknownPath names, in components/responses, the answer for undocumented paths.
const unknownPath = "UnknownPath"

// judgeUnknown judges the answer for an undocumented path, which must not exist.
func (c *Contract) judgeUnknown(e Exchange) error {
	nothing := openapi3.NewOperation()
	nothing.Responses = openapi3.NewResponses(openapi3.WithStatus(http.StatusNotFound, c.document.Components.Responses[unknownPath]))
	route := &routers.Route{Spec: c.document, Method: e.Request.Method, Path: e.Request.URL.Path, Operation: nothing}
	faults := c.judgeAnswer(&openapi3filter.RequestValidationInput{Request: e.Request, Route: route}, e)
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%s %s answered %d, but %w: %w", e.Request.Method, e.Request.URL.Path, e.Response.StatusCode, errUnknownPath, errors.Join(faults...))
}

// judgeAnswer judges equal answers only once, because the library compiles the schema
// each time.
func (c *Contract) judgeAnswer(input *openapi3filter.RequestValidationInput, e Exchange) []error {
	answer := identity(input.Route, e)
	c.mu.Lock()
	good := c.good[answer]
	c.mu.Unlock()
	if good {
		return nil
	}
	faults := c.judgeNew(input, e)
	if len(faults) == 0 {
		c.mu.Lock()
		c.good[answer] = true
		c.mu.Unlock()
	}
	return faults
}

// identity returns everything that the judgement of an answer depends on. Headers that
// differ in every answer are left out.
func identity(route *routers.Route, e Exchange) string {
	header := e.Response.Header.Clone()
	for _, name := range []string{"Date", "X-Request-Id"} {
		if len(header.Values(name)) == 1 {
			header.Set(name, "")
		}
	}
	return fmt.Sprintf("%s %s %t %d %q %q", route.Method, route.Path, e.Request.Method == http.MethodHead, e.Response.StatusCode, header, e.Body)
}

func (c *Contract) judgeNew(input *openapi3filter.RequestValidationInput, e Exchange) []error {
	documented := input.Route.Operation.Responses.Status(e.Response.StatusCode)
	if documented == nil || documented.Value == nil {
		return []error{fmt.Errorf("the document does not have this status; body %.200q", e.Body)}
	}
	response := c.withCommonHeaders(documented.Value)
	faults := undocumentedHeaders(response, e.Response.Header)
	bodiless := e.Request.Method == http.MethodHead || len(response.Content) == 0
	if bodiless && len(e.Body) > 0 {
		faults = append(faults, fmt.Errorf("a body where there should be none: %.200q", e.Body))
	}
	if err := openapi3filter.ValidateResponse(context.Background(), c.answerInput(input, response, e, bodiless)); err != nil {
		faults = append(faults, fmt.Errorf("%w; body %.400q", err, e.Body))
	}
	return faults
}

// answerInput presents the answer to the library as the only one of the operation, to a
// GET and with status 200. The library would skip a HEAD or a 304.
func (c *Contract) answerInput(input *openapi3filter.RequestValidationInput, response *openapi3.Response, e Exchange, bodiless bool) *openapi3filter.ResponseValidationInput {
	alone := *input.Route.Operation
	alone.Responses = openapi3.NewResponses(openapi3.WithStatus(http.StatusOK, &openapi3.ResponseRef{Value: response}))
	route := *input.Route
	route.Operation = &alone
	chosen := options()
	chosen.ExcludeResponseBody = bodiless
	return &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: asked(e.Request, http.MethodGet, e.Request.URL.Path), Route: &route, PathParams: input.PathParams,
		},
		Status: http.StatusOK, Header: e.Response.Header,
		Body: io.NopCloser(bytes.NewReader(e.Body)), Options: chosen,
	}
}

// withCommonHeaders returns the response with the headers of every answer added.
func (c *Contract) withCommonHeaders(response *openapi3.Response) *openapi3.Response {
	full := *response
	full.Headers = openapi3.Headers{}
	maps.Copy(full.Headers, c.common)
	maps.Copy(full.Headers, response.Headers)
	return &full
}

// transportHeaders belong to HTTP itself. A document need not name them.
var transportHeaders = []string{"Connection", "Content-Length", "Content-Type", "Date", "Transfer-Encoding"}

// undocumentedHeaders returns a fault for each header of the answer that the document
// does not name.
func undocumentedHeaders(response *openapi3.Response, answer http.Header) []error {
	known := slices.Clone(transportHeaders)
	for name := range response.Headers {
		known = append(known, http.CanonicalHeaderKey(name))
	}
	var faults []error
	for name := range answer {
		if !slices.Contains(known, name) {
			faults = append(faults, fmt.Errorf("the document does not have the header %s: %s", name, strings.Join(answer.Values(name), " | ")))
		}
	}
	return faults
}
