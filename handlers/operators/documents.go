package operators

import (
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
)

// Documents returns the table of what is read without a token: the health checks, the
// API document and, unless metrics is nil, the metrics.
func Documents(health *Health, metrics http.Handler) handlers.Table {
	table := api.Documents(
		handlers.Route{Method: http.MethodGet, Path: "/healthz/live", Quiet: true, Serve: health.Live},
		handlers.Route{Method: http.MethodGet, Path: "/healthz/ready", Quiet: true, Serve: health.Ready},
		handlers.Route{Method: http.MethodGet, Path: "/openapi.json", AnyOrigin: true, Serve: NewOpenAPI().Serve},
	)
	if metrics != nil {
		table.Routes = append(table.Routes, handlers.Route{
			Method: http.MethodGet, Path: "/metrics", Quiet: true, Serve: handlers.Plain(metrics),
		})
	}
	return table
}
