package main

import (
	"context"
	"log/slog"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/test/testdb"
)

// startApp starts the server without its listener, on a new SQLite file and with the
// default settings as change alters them. It ends with the test.
func startApp(t *testing.T, log *slog.Logger, change func(*config.Config)) *app {
	t.Helper()
	cfg := config.Default()
	cfg.Database = config.NewSecret(testdb.SQLite(t))
	cfg.Audience, cfg.MetricsAddr = cfg.Issuer, "main"
	cfg.PasswordMemoryKiB, cfg.PasswordIterations = 1024, 1 // the cost of a hash does not matter here
	if change != nil {
		change(&cfg)
	}
	a, err := newApp(t.Context(), cfg, log)
	if err != nil {
		t.Fatalf("building the app: %v", err)
	}
	t.Cleanup(func() { _ = a.Close() })
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.background(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return a
}
