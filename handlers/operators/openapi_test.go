package operators

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/oauth"
	"gatehouse/internal/test/apicheck"
)

func TestTheDocumentIsServed(t *testing.T) {
	e := NewOpenAPI()
	ask := func(method, have string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, "/openapi.json", nil)
		r.Header.Set("If-None-Match", have)
		if err := e.Serve(w, r); err != nil {
			t.Fatalf("serving the request: %v", err)
		}
		return w
	}
	full := ask("GET", "")
	if full.Code != http.StatusOK || !bytes.Equal(full.Body.Bytes(), e.Document()) || full.Header().Get("Content-Type") != "application/json" {
		t.Errorf("GET: status %d, headers %v, %d bytes, want 200 and the document as JSON", full.Code, full.Header(), full.Body.Len())
	}
	tag := full.Header().Get("ETag")
	for have, want := range map[string]int{tag: 304, "W/" + tag: 304, `"a", ` + tag: 304, "*": 304, `"a"`: 200, "": 200} {
		got := ask("GET", have)
		if got.Code != want || got.Header().Get("ETag") != tag || got.Header().Get("Cache-Control") != "public, max-age=300" {
			t.Errorf("If-None-Match %s: status %d, headers %v, want %d with the tag %s", have, got.Code, got.Header(), want, tag)
		}
	}
	if head := ask("HEAD", ""); head.Body.Len() != 0 || head.Header().Get("Content-Length") != fmt.Sprint(len(e.Document())) {
		t.Errorf("HEAD: %d bytes, headers %v, want no body and the length of the document", head.Body.Len(), head.Header())
	}
}

// The document is valid OpenAPI 3.1: every reference resolves, and every example matches
// its schema.
func TestTheDocumentIsValid(t *testing.T) {
	if _, err := apicheck.Load(NewOpenAPI().Document()); err != nil {
		t.Fatalf("loading the document: %v", err)
	}
}

// A node is an object of the document.
type node = map[string]any

func parsed(t *testing.T) node {
	t.Helper()
	var doc node
	if err := json.Unmarshal(NewOpenAPI().Document(), &doc); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	return doc
}

func TestEveryOperationIsDescribed(t *testing.T) {
	doc := parsed(t)
	tags := map[any]bool{}
	for _, tag := range doc["tags"].([]any) {
		tags[tag.(node)["name"]] = true
	}
	ids := map[any]string{}
	for path, item := range doc["paths"].(node) {
		for method, o := range item.(node) {
			line, op := method+" "+path, o.(node)
			if other, taken := ids[op["operationId"]]; taken || op["operationId"] == nil {
				t.Errorf("%s: operationId %v, also of %q, want one of its own", line, op["operationId"], other)
			}
			ids[op["operationId"]] = line
			if summary, _ := op["summary"].(string); summary == "" || strings.HasSuffix(summary, ".") {
				t.Errorf("%s: summary %q, want one without a full stop", line, summary)
			}
			if used, _ := op["tags"].([]any); len(used) != 1 || !tags[used[0]] {
				t.Errorf("%s: tags %v, want one that is described", line, op["tags"])
			}
			if _, said := op["security"]; !said {
				t.Errorf("%s does not say whether it needs a token, want a security member", line)
			}
			statuses(t, line, method, path, op)
		}
	}
}

// statuses requires a success of every operation, and the refusals of its audience.
func statuses(t *testing.T, line, method, path string, op node) {
	t.Helper()
	want := []string{"405"}
	requirements, _ := op["security"].([]any)
	_, takesBody := op["requestBody"]
	switch {
	case path == "/oauth/authorize", path == "/oauth/logout": // for people
		want = append(want, "400", "500", "503")
	case path == "/oauth/userinfo":
		want = append(want, "400", "401", "403", "500", "503")
	case strings.HasPrefix(path, "/oauth/") && !takesBody: // what an app does with its registration
		want = append(want, "401", "429", "500", "503")
	case strings.HasPrefix(path, "/oauth/"):
		want = append(want, "400", "401", "413", "429", "500", "503")
	case strings.HasPrefix(path, "/api/"):
		if len(requirements) > 0 {
			want = append(want, "401", "403")
		}
		if takesBody {
			want = append(want, "400", "413", "415")
		}
		if len(requirements) > 0 || takesBody {
			want = append(want, "500", "503")
		}
		if strings.Contains(path, "{") && method != "options" {
			want = append(want, "404")
		}
	}
	responses := op["responses"].(node)
	for _, status := range want {
		if responses[status] == nil {
			t.Errorf("%s has no answer %s, want it described", line, status)
		}
	}
	for status := range responses {
		if strings.HasPrefix(status, "2") || status == "303" {
			return
		}
	}
	t.Errorf("%s has no answer of success, want one", line)
}

// Every object in an answer declares its additionalProperties, so that an undocumented
// field does not pass.
func TestAnswersAreClosed(t *testing.T) {
	doc := parsed(t)
	open := map[string]bool{ // the exceptions, each for a reason
		"/openapi.json":     true, // the document would have to describe OpenAPI
		"AuditEvent.detail": true, // each kind of event has its own
	}
	components := doc["components"].(node)
	seen := map[string]bool{}
	var walk func(where string, schema node)
	walk = func(where string, schema node) {
		if ref, ok := schema["$ref"].(string); ok {
			name := ref[strings.LastIndex(ref, "/")+1:]
			if !seen[name] {
				seen[name] = true
				walk(name, components["schemas"].(node)[name].(node))
			}
			return
		}
		if _, said := schema["additionalProperties"]; schema["type"] == "object" && !said && !open[where] {
			t.Errorf("%s may hold anything, want additionalProperties declared", where)
		}
		properties, _ := schema["properties"].(node)
		for name, property := range properties {
			walk(where+"."+name, property.(node))
		}
		if items, ok := schema["items"].(node); ok {
			walk(where+"[]", items)
		}
		for _, alternatives := range []string{"oneOf", "allOf"} {
			list, _ := schema[alternatives].([]any)
			for _, one := range list {
				walk(where, one.(node))
			}
		}
	}
	each(doc, func(path string, response node) {
		content, _ := response["content"].(node)
		for _, media := range content {
			if schema, ok := media.(node)["schema"].(node); ok {
				walk(path, schema)
			}
		}
	})
	if len(seen) < 20 {
		t.Errorf("only %d schemas were checked, want at least 20", len(seen))
	}
}

// each calls f for the responses of all operations, and for those of the components.
func each(doc node, f func(path string, response node)) {
	for path, item := range doc["paths"].(node) {
		for _, op := range item.(node) {
			for _, response := range op.(node)["responses"].(node) {
				f(path, response.(node))
			}
		}
	}
	for name, response := range doc["components"].(node)["responses"].(node) {
		f(name, response.(node))
	}
}

// Every JSON answer has an example, because readers look at examples before schemas.
func TestEveryJSONAnswerHasAnExample(t *testing.T) {
	each(parsed(t), func(path string, response node) {
		content, _ := response["content"].(node)
		media, _ := content["application/json"].(node)
		if media != nil && media["example"] == nil && media["examples"] == nil && path != "/openapi.json" {
			t.Errorf("%s: %v has no example, want one", path, response["description"])
		}
	})
}

func TestEveryComponentIsUsed(t *testing.T) {
	doc := parsed(t)
	text := string(NewOpenAPI().Document())
	for kind, of := range doc["components"].(node) {
		for name, component := range of.(node) {
			marked := component.(node)["x-all-answers"] == true || kind == "securitySchemes" || name == "UnknownPath"
			if !marked && !strings.Contains(text, fmt.Sprintf(`"#/components/%s/%s"`, kind, name)) {
				t.Errorf("%s %s is not used, want it used or removed", kind, name)
			}
		}
	}
}

// Of two members with the same name, a reader keeps one, and not every reader the same
// one.
func TestNoNameIsRepeated(t *testing.T) {
	d := json.NewDecoder(bytes.NewReader(NewOpenAPI().Document()))
	var value func(where string)
	value = func(where string) {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("reading a JSON token: %v", err)
		}
		seen := map[string]bool{}
		for d.More() && (token == json.Delim('{') || token == json.Delim('[')) {
			at := where
			if token == json.Delim('{') {
				name, err := d.Token()
				if err != nil {
					t.Fatalf("reading a JSON token: %v", err)
				}
				at += "/" + name.(string)
				if seen[at] {
					t.Errorf("%s is repeated, want it once", at)
				}
				seen[at] = true
			}
			value(at)
		}
		if _, opened := token.(json.Delim); opened {
			_, _ = d.Token() // the bracket that closes it
		}
	}
	value("")
}

// What the document offers to apps is not dropped as an unknown parameter.
func TestParametersOfAppsAreKnown(t *testing.T) {
	doc := parsed(t)
	schemas := doc["components"].(node)["schemas"].(node)
	found := 0
	for path, item := range doc["paths"].(node) {
		if !strings.HasPrefix(path, "/oauth/") || strings.HasPrefix(path, "/oauth/register") { // whose members are not parameters
			continue
		}
		for method, op := range item.(node) {
			for _, name := range offered(op.(node), schemas) {
				found++
				values := url.Values{name: {"x"}}
				if oauth.DropUnknown(values); len(values) == 0 {
					t.Errorf("%s %s: the parameter %s is dropped, want it in the list of package oauth", method, path, name)
				}
			}
		}
	}
	if found == 0 {
		t.Error("the document offers apps no parameter, want some")
	}
}

// offered returns the names of an operation's parameters in the query and in a form.
func offered(op, schemas node) (names []string) {
	parameters, _ := op["parameters"].([]any)
	for _, p := range parameters {
		names = append(names, p.(node)["name"].(string))
	}
	body, _ := op["requestBody"].(node)
	content, _ := body["content"].(node)
	for _, form := range content {
		reference := form.(node)["schema"].(node)["$ref"].(string)
		properties, _ := schemas[reference[strings.LastIndex(reference, "/")+1:]].(node)["properties"].(node)
		for name := range properties {
			names = append(names, name)
		}
	}
	return names
}
