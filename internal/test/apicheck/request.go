package apicheck

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// These are the document's security schemes that use the Authorization header.
const (
	bearerScheme = "bearer"
	basicScheme  = "clientBasic"
	// tokenScheme is for the access token of any app. It requires no role.
	tokenScheme = "accessToken"
	// registrationScheme is for the tokens by which apps register themselves.
	registrationScheme = "registrationToken"
)

func options() *openapi3filter.Options {
	o := &openapi3filter.Options{
		AuthenticationFunc:                authenticates,
		RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults:               true,
	}
	o.WithCustomSchemaErrorFunc(briefly)
	return o
}

// briefly says where and why a value does not fit, without quoting the whole schema.
func briefly(err *openapi3.SchemaError) string {
	text := "at /" + strings.Join(err.JSONPointer(), "/") + ": " + err.Reason
	if err.Origin != nil {
		text += " (" + err.Origin.Error() + ")"
	}
	return text
}

// authenticates checks that a request that succeeded sent the credentials that the
// document requires. The server has checked whether they were valid.
func authenticates(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	want := map[string]string{bearerScheme: "bearer ", tokenScheme: "bearer ", registrationScheme: "bearer ", basicScheme: "basic "}[input.SecuritySchemeName]
	header := strings.ToLower(input.RequestValidationInput.Request.Header.Get("Authorization"))
	if want == "" || !strings.HasPrefix(header, want) {
		return fmt.Errorf("it succeeded without the credentials %q", input.SecuritySchemeName)
	}
	return nil
}

// judgeRequest returns the reasons why the document does not allow a request that
// succeeded.
func judgeRequest(input *openapi3filter.RequestValidationInput, body []byte) []error {
	var faults []error
	for name := range input.Request.URL.Query() {
		if !documentsQuery(input.Route.Operation, name) {
			faults = append(faults, fmt.Errorf("the document does not have the query parameter %q", name))
		}
	}
	request := input.Request.Clone(input.Request.Context())
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	copied := *input
	copied.Request = request
	if err := openapi3filter.ValidateRequest(context.Background(), &copied); err != nil {
		faults = append(faults, fmt.Errorf("the request succeeded, yet the document forbids it: %w", err))
	}
	return faults
}

func documentsQuery(op *openapi3.Operation, name string) bool {
	return slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool {
		return p.Value.In == openapi3.ParameterInQuery && p.Value.Name == name
	})
}

// A Transport is an http.RoundTripper that has every exchange judged.
type Transport struct {
	Contract *Contract
	Next     http.RoundTripper
	// Odd is Exchange.Odd of every exchange.
	Odd bool
	// Report is called with each difference from the document.
	Report func(error)
}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context()) // a RoundTripper must not change the caller's request
	sent, err := drain(&r.Body)
	if err != nil {
		return nil, fmt.Errorf("reading a request to be judged: %w", err)
	}
	response, err := t.Next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	got, err := drain(&response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading an answer to be judged: %w", err)
	}
	if err := t.Contract.Judge(Exchange{r, sent, response, got, t.Odd}); err != nil {
		t.Report(err)
	}
	return response, nil
}

// drain reads a body and puts it back.
func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	raw, err := io.ReadAll(*body)
	if err != nil {
		return nil, err
	}
	if err := (*body).Close(); err != nil {
		return nil, err
	}
	*body = io.NopCloser(bytes.NewReader(raw))
	return raw, nil
}
