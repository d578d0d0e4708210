package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/fields"
	"gatehouse/internal/oauth"
)

const (
	// MaxBodyBytes is how large a body may be.
	MaxBodyBytes = 64 << 10
	// maxParameters is how many fields a form may have; our largest has 24.
	maxParameters = 64
)

// A ParseError refuses a body that cannot be read.
type ParseError struct{ Detail string }

func (e *ParseError) Error() string { return e.Detail }

// An UnsupportedMedia refuses a media type that no endpoint reads.
type UnsupportedMedia struct{ Type string }

func (e *UnsupportedMedia) Error() string { return "unsupported media type" }

// A Body holds the fields of a JSON object or a form. An empty body has no fields.
type Body struct {
	values map[string]any
	// form is set for a form, where a blank field counts as not filled in.
	form bool
}

// A file stands for an upload in a form, which no field accepts.
type file struct{}

// ReadBody reads the request's body, which must be a JSON object or a form.
func ReadBody(w http.ResponseWriter, r *http.Request) (Body, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBodyBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return Body{}, err
	}
	if err != nil {
		return Body{}, &ParseError{"The body could not be read."}
	}
	if len(raw) == 0 {
		return Body{}, nil
	}
	declared := r.Header.Get("Content-Type")
	kind, parameters, err := mime.ParseMediaType(declared)
	if err != nil || !isUTF8(parameters["charset"]) { // RFC 8259 §8.1
		return Body{}, &UnsupportedMedia{declared}
	}
	switch kind {
	case "application/json":
		return readJSON(raw)
	case "application/x-www-form-urlencoded":
		return readForm(raw)
	case "multipart/form-data":
		return readMultipart(raw, parameters["boundary"])
	}
	return Body{}, &UnsupportedMedia{declared}
}

// ErrNotJSON says that a body is not one JSON object, or not declared as JSON.
var ErrNotJSON = errors.New("not a JSON object")

// ReadJSON reads a body that must be a JSON object of at most the given number of bytes. It
// returns ErrNotJSON or, as the endpoints for apps do, an *oauth.TooLarge.
func ReadJSON(r *http.Request, most int) (Body, error) {
	raw, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return Body{}, &oauth.TooLarge{Bytes: int(tooLarge.Limit), Most: most}
	}
	if err != nil {
		return Body{}, fmt.Errorf("%w: it could not be read", ErrNotJSON)
	}
	if len(raw) > most {
		return Body{}, &oauth.TooLarge{Bytes: len(raw), Most: most}
	}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || !isUTF8(parameters["charset"]) {
		return Body{}, fmt.Errorf("%w: another media type", ErrNotJSON)
	}
	v, err := parseJSON(raw)
	object, is := v.(map[string]any)
	if err != nil || !is {
		return Body{}, fmt.Errorf("%w: another syntax", ErrNotJSON) // the cause quotes the body
	}
	return Body{values: object}, nil
}

// WithoutNulls returns the body without the fields that are null.
func (b Body) WithoutNulls() Body {
	some := Body{values: make(map[string]any, len(b.values)), form: b.form}
	for name, value := range b.values {
		if value != nil {
			some.values[name] = value
		}
	}
	return some
}

func isUTF8(charset string) bool {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii":
		return true
	}
	return false
}

func readJSON(raw []byte) (Body, error) {
	v, err := parseJSON(raw)
	if err != nil {
		return Body{}, &ParseError{"JSON parse error - " + err.Error()}
	}
	switch v := v.(type) {
	case map[string]any:
		return Body{values: v}, nil
	case nil:
		return Body{}, fields.New("non_field_errors", "No data provided")
	default:
		return Body{}, fields.New("non_field_errors", fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", typeName(v)))
	}
}

func readForm(raw []byte) (Body, error) {
	if bytes.Count(raw, []byte{'&'}) >= maxParameters {
		return Body{}, &ParseError{"Form parse error - Too many fields"}
	}
	sent, err := url.ParseQuery(string(raw))
	if err != nil {
		return Body{}, &ParseError{"Form parse error - Malformed encoding"}
	}
	b := Body{values: make(map[string]any, len(sent)), form: true}
	for name, values := range sent {
		for _, value := range values {
			if err := b.add(name, value); err != nil {
				return Body{}, err
			}
		}
	}
	return b, nil
}

func readMultipart(raw []byte, boundary string) (Body, error) {
	if boundary == "" {
		return Body{}, &ParseError{"Multipart form parse error - Invalid boundary in multipart: None"}
	}
	b := Body{values: map[string]any{}, form: true}
	parts := multipart.NewReader(bytes.NewReader(raw), boundary)
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return Body{}, &ParseError{"Multipart form parse error - Malformed part"}
		}
		if n == maxParameters {
			return Body{}, &ParseError{"Form parse error - Too many fields"}
		}
		if err := b.addPart(part); err != nil {
			return Body{}, err
		}
	}
}

func (b Body) addPart(part *multipart.Part) error {
	if part.FileName() != "" {
		return b.add(part.FormName(), file{})
	}
	value, err := io.ReadAll(part)
	if err != nil {
		return &ParseError{"Multipart form parse error - Malformed part"}
	}
	return b.add(part.FormName(), string(value))
}

// add keeps a field of a form. A repeated field is refused: a proxy that checked the
// form before us might have read the other value.
func (b Body) add(name string, value any) error {
	text, _ := value.(string)
	if !utf8.ValidString(name) || !utf8.ValidString(text) {
		return &ParseError{"Form parse error - Not UTF-8"}
	}
	if _, twice := b.values[name]; twice {
		return &ParseError{"Form parse error - Duplicate field"}
	}
	b.values[name] = value
	return nil
}
