// Command mcp is an MCP server that asks its callers for Gatehouse's access tokens, as
// docs/agents.md describes. It has a tool for each of its scopes, which says who called it.
// The files keys.go and protect.go are those of docs/snippets/apis/go.
//
//	ISSUER    the authorization server
//	AUDIENCE  the address of this server
//	SCOPES    the scopes, of which every call needs the first
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

var (
	issuer, audience = os.Getenv("ISSUER"), os.Getenv("AUDIENCE")
	scopes           = strings.Fields(os.Getenv("SCOPES"))
	at               = mustParse(audience)

	// document is the path of the metadata: the well-known one, before that of the MCP
	// endpoint (RFC 9728 §3.1).
	document = "/.well-known/oauth-protected-resource" + strings.TrimSuffix(at.Path, "/")
	metadata = at.Scheme + "://" + at.Host + document
)

func mustParse(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		log.Fatalf("AUDIENCE is not an address: %v", err)
	}
	return u
}

func main() {
	server := &http.Server{Addr: at.Host, Handler: routes(), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func routes() http.Handler {
	endpoint := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return tools() }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	guard := auth.RequireBearerToken(verifyToken, &auth.RequireBearerTokenOptions{ResourceMetadataURL: metadata, Scopes: scopes[:1]})
	mux := http.NewServeMux()
	mux.Handle(cmp.Or(at.Path, "/"), guard(stepUp(endpoint)))
	mux.Handle(document, auth.ProtectedResourceMetadataHandler(&oauthex.ProtectedResourceMetadata{
		Resource: audience, AuthorizationServers: []string{issuer}, ScopesSupported: scopes,
		BearerMethodsSupported: []string{"header"}, ResourceName: "Notes",
	}))
	return mux
}

// tools returns a server with one tool for each scope, named like it.
func tools() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1.0.0"}, nil)
	for _, scope := range scopes {
		mcp.AddTool(server, &mcp.Tool{Name: scope, Description: "Needs the scope " + scope},
			func(_ context.Context, call *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
				has := slices.Sorted(slices.Values(call.Extra.TokenInfo.Scopes))
				said := fmt.Sprintf("%s for %s with %s", scope, call.Extra.TokenInfo.UserID, strings.Join(has, " "))
				return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: said}}}, nil, nil
			})
	}
	return server
}
