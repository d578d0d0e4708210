package apicheck

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const document = `{
  "openapi": "3.1.0",
  "info": {"title": "Things", "version": "1"},
  "paths": {
    "/api/things/{id}/": {
      "get": {
        "operationId": "getThing", "security": [{"bearer": ["things:read"]}], "x-roles": ["admin"],
        "parameters": [
          {"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}},
          {"name": "full", "in": "query", "schema": {"type": "boolean"}}
        ],
        "responses": {
          "200": {
            "description": "A thing.",
            "headers": {"X-Count": {"required": true, "schema": {"type": "integer"}}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}, "example": {"id": 1, "made": null}}}
          },
          "304": {"description": "Unchanged.", "headers": {"ETag": {"required": true, "schema": {"type": "string"}}}},
          "405": {"description": "No such method.", "headers": {"Allow": {"required": true, "schema": {"type": "string"}}}}
        }
      }
    },
    "/exact": {
      "post": {
        "operationId": "postExact",
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}},
        "responses": {"204": {"description": "Done."}}
      }
    }
  },
  "components": {
    "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    "responses": {"UnknownPath": {"description": "Nothing.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
    "headers": {"X-Request-Id": {"required": true, "x-all-answers": true, "schema": {"type": "string", "pattern": "^[A-Z]+$"}}},
    "schemas": {
      "Thing": {
        "type": "object", "additionalProperties": false, "required": ["id", "made"],
        "properties": {"id": {"type": "integer"}, "made": {"type": ["string", "null"], "format": "date-time"}}
      }
    }
  }
}`

func TestEveryKindOfFaultIsFound(t *testing.T) {
	const good = "200 X-Count:3 Content-Type:application/json"
	for _, c := range []struct {
		name, method, path, body string
		// answer is a status and headers; payload the answer's body.
		answer, payload, want string
	}{
		{"as documented", "GET", "/api/things/1/", "", good, `{"id":1,"made":"2026-01-02T03:04:05Z"}`, ""},
		{"without the slash", "GET", "/api/things/1", "", good, `{"id":1,"made":null}`, ""},
		{"HEAD", "HEAD", "/api/things/1", "", good, ``, ""},
		{"HEAD without a header", "HEAD", "/api/things/1", "", "200 Content-Type:application/json", ``, `"X-Count" missing`},
		{"undocumented field", "GET", "/api/things/1/", "", good, `{"id":1,"made":null,"x":1}`, `'x' not allowed`},
		{"missing field", "GET", "/api/things/1/", "", good, `{"id":1}`, `missing property 'made'`},
		{"wrong format", "GET", "/api/things/1/", "", good, `{"id":1,"made":"today"}`, "date-time"},
		{"null where there is none", "GET", "/api/things/1/", "", good, `{"id":null,"made":null}`, "got null, want integer"},
		{"not JSON", "GET", "/api/things/1/", "", good, `<p>`, "failed to decode"},
		{"wrong type", "GET", "/api/things/1/", "", "200 X-Count:3 Content-Type:text/html", `<p>`, "text/html"},
		{"missing header", "GET", "/api/things/1/", "", "200 Content-Type:application/json", `{"id":1,"made":null}`, `"X-Count" missing`},
		{"header of another type", "GET", "/api/things/1/", "", "200 X-Count:many Content-Type:application/json", `{"id":1,"made":null}`, "X-Count"},
		{"undocumented header", "GET", "/api/things/1/", "", good + " X-Odd:1", `{"id":1,"made":null}`, "does not have the header X-Odd"},
		{"common header wrong", "GET", "/api/things/1/", "", good + " X-Request-Id:lower", `{"id":1,"made":null}`, "X-Request-Id"},
		{"undocumented status", "GET", "/api/things/1/", "", "418", "", "does not have this status"},
		{"304 lacks its header", "GET", "/api/things/1/", "", "304", "", `"ETag" missing`},
		{"304", "GET", "/api/things/1/", "", "304 ETag:x", "", ""},
		{"another method", "PUT", "/api/things/1/", "", "405 Allow:GET", "", ""},
		{"another method without Allow", "PUT", "/api/things/1/", "", "405", "", `"Allow" missing`},
		{"another method that works", "PUT", "/api/things/1/", "", "304 ETag:x", "", "does not have the method"},
		{"unknown path", "GET", "/odd", "", "404 Content-Type:text/plain", "", ""},
		{"unknown path with the wrong type", "GET", "/odd", "", "404 Content-Type:text/html", "<p>", "text/html"},
		{"unknown path that answers", "GET", "/odd", "", "200", "", "does not have the path"},
		{"a slash that is not documented", "POST", "/exact/", "", "204", "", "does not have the path"},
		{"body where there is none", "POST", "/exact", `{"name":"a"}`, "204", "surprise", "a body where there should be none"},
		{"request as documented", "POST", "/exact", `{"name":"a"}`, "204", "", ""},
		{"success that the document forbids", "POST", "/exact", `{}`, "204", "", "the document forbids it"},
		{"parameter of the wrong type", "GET", "/api/things/x/", "", good, `{"id":1,"made":null}`, "the document forbids it"},
		{"undocumented query", "GET", "/api/things/1/?odd=1", "", good, `{"id":1,"made":null}`, `query parameter "odd"`},
		{"documented query", "GET", "/api/things/1/?full=true", "", good, `{"id":1,"made":null}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := load(t).Judge(exchange(c.method, c.path, c.body, c.answer, c.payload))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Judge = %v, want %q", err, c.want)
			}
		})
	}
}

func load(t *testing.T) *Contract {
	t.Helper()
	c, err := Load([]byte(document))
	if err != nil {
		t.Fatalf("loading the OpenAPI document: %v", err)
	}
	return c
}

func exchange(method, path, body, answer, payload string) Exchange {
	r := httptest.NewRequest(method, "http://127.0.0.1:9"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Content-Type", "application/json")
	words := strings.Fields(answer)
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "ABC")
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, ":")
		w.Header().Set(name, value)
	}
	status := map[string]int{"200": 200, "204": 204, "304": 304, "404": 404, "405": 405, "418": 418}[words[0]]
	return Exchange{Request: r, RequestBody: []byte(body), Response: &http.Response{StatusCode: status, Header: w.Header()}, Body: []byte(payload)}
}

func TestOddRequestsAreNotJudged(t *testing.T) {
	e := exchange("POST", "/exact", `{}`, "204", "")
	if e.Odd = true; load(t).Judge(e) != nil {
		t.Error("an odd request was judged, want it let through")
	}
	e.Body = []byte("surprise")
	if load(t).Judge(e) == nil {
		t.Error("the answer to an odd request was not judged, want an error")
	}
}

func TestSuccessNeedsTheDocumentedCredentials(t *testing.T) {
	e := exchange("GET", "/api/things/1/", "", "200 X-Count:3 Content-Type:application/json", `{"id":1,"made":null}`)
	e.Request.Header.Del("Authorization")
	if err := load(t).Judge(e); err == nil || !strings.Contains(err.Error(), "without the credentials") {
		t.Errorf(`Judge = %v, want it to say "without the credentials"`, err)
	}
}

func TestTransportLeavesTheBodiesAndCounts(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		if string(sent) != `{"name":"a"}` {
			t.Errorf("the server got %q, want the body as it was sent", sent)
		}
		w.Header().Set("X-Request-Id", "ABC")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	}))
	defer server.Close()
	contract := load(t)
	var reported []error
	client := &http.Client{Transport: Transport{Contract: contract, Next: http.DefaultTransport, Report: func(err error) { reported = append(reported, err) }}}

	response, err := client.Post(server.URL+"/exact", "application/json", strings.NewReader(`{"name":"a"}`))
	if err != nil {
		t.Fatalf("sending the POST request: %v", err)
	}
	defer response.Body.Close()
	if got, _ := io.ReadAll(response.Body); string(got) != "short and stout" {
		t.Errorf(`the client got %q, want "short and stout"`, got)
	}
	if len(reported) != 1 {
		t.Errorf("reported %v, want one fault", reported)
	}
	operations := contract.Operations()
	want := []Operation{{"GET", "/api/things/{id}/", "getThing"}, {"POST", "/exact", "postExact"}}
	if !slices.Equal(operations, want) {
		t.Errorf("Operations = %v, want %v", operations, want)
	}
	if seen := contract.Seen(want[1]); !slices.Equal(seen, []int{418}) {
		t.Errorf("Seen = %v, want %v", seen, []int{418})
	}
	if seen := contract.Seen(want[0]); len(seen) != 0 {
		t.Errorf("Seen = %v, want none", seen)
	}
	if fields := contract.Fields(want[1]); !slices.Equal(fields, []string{"name"}) || contract.Fields(want[0]) != nil {
		t.Errorf("Fields = %v, want [name], and none of the other operation", fields)
	}
	if queries := contract.Queries(want[0]); !slices.Equal(queries, []string{"full"}) {
		t.Errorf("Queries = %v, want %v", queries, []string{"full"})
	}
	if statuses := contract.Statuses(want[0]); !slices.Equal(statuses, []int{200, 304, 405}) {
		t.Errorf("Statuses = %v, want %v", statuses, []int{200, 304, 405})
	}
	if roles, scope, guarded := contract.Access(want[0]); !guarded || scope != "things:read" || !slices.Equal(roles, []string{"admin"}) {
		t.Errorf(`Access = %v %q %v, want [admin], "things:read" and true`, roles, scope, guarded)
	}
}

func TestLoadRefusesBadDocuments(t *testing.T) {
	for name, edit := range map[string][2]string{
		"an older version":                {`"3.1.0"`, `"3.0.3"`},
		"a reference to nothing":          {`schemas/Thing"`, `schemas/Think"`},
		"an example that does not fit":    {`{"id": 1, "made": null}`, `{"id": "one", "made": null}`},
		"an operation without a response": {`"responses": {"204": {"description": "Done."}}`, `"responses": {}`},
		"a parameter that is missing":     {`/api/things/{id}/`, `/api/things/{other}/`},
		"a pattern that does not parse":   {`^[A-Z]+$`, `^[A-Z`},
		"a word that means nothing":       {`"minimum": 1`, `"minimal": 1`},
	} {
		edited := strings.Replace(document, edit[0], edit[1], 1)
		if _, err := Load([]byte(edited)); err == nil || edited == document {
			t.Errorf("%s: the document loaded, want an error", name)
		}
	}
	if _, err := Load([]byte("{")); err == nil || errors.Unwrap(err) == nil {
		t.Errorf("broken JSON: %v", err)
	}
}
