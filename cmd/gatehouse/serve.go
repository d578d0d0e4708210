package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/config"
	"gatehouse/internal/logging"
	"gatehouse/internal/machine"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

func (c *cli) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it is told to stop (SIGTERM or Ctrl-C); it then drains.

With nothing set it keeps everything in gatehouse.db and gatehouse.key in the
current folder, listens on 127.0.0.1:8080, and prints a one-time link for the
first administrator as long as there is none.`,
		Example: `  gatehouse serve
  gatehouse serve --addr 127.0.0.1:9000 --issuer http://localhost:9000
  GATEHOUSE_MASTER_KEY_FILE=master.key GATEHOUSE_DATABASE_FILE=database gatehouse serve`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			return c.serve(cmd.Context(), cfg)
		},
	}
}

func (c *cli) serve(ctx context.Context, cfg config.Config) error {
	// Caught in any case and from the beginning: left to itself, it ends the process.
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGHUP)
	defer signal.Stop(told)
	signal.Ignore(syscall.SIGPIPE) // who reads the log may go; otherwise the next line would end the process
	defer signal.Reset(syscall.SIGPIPE)
	group := machine.GroupMemory()
	bounds := machineSettings(cfg)
	memory := bounds.TuneCollector(group)
	lines := logging.NewBuffer(c.stderr)
	defer lines.Start()()
	calmed := logging.NewCalm(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: cfg.LogLevel}), time.Now)
	defer calmed.Start()() //nolint:contextcheck // the log outlasts the order to stop
	log := slog.New(calmed)
	if bounds.TooSmall(group) {
		log.Warn("the memory limit of this container or service is too small for GATEHOUSE_PASSWORD_BUDGET_MIB", "limit_mib", group>>20, "budget_mib", cfg.PasswordBudgetMiB)
	}
	certificate, err := loadTLS(cfg, log)
	if err != nil {
		return err
	}
	a, err := patiently(ctx, log, func() (*app, error) { return newApp(ctx, cfg, log) })
	if err != nil {
		return err
	}
	lines.Tell(a.metrics.LogDropped)
	listeners, err := a.listen(ctx)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	c.greet(ctx, a, listeners.main.Addr())

	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { a.background(work) })
	wg.Go(func() { a.serveMetrics(work, listeners.metrics) })
	wg.Go(func() { a.tellReady(work) })
	o := server.ServeOptions{
		MaxConnections: bounds.Connections(machine.OpenFiles(), memory),
		DrainDelay:     cfg.DrainDelay, ShutdownTimeout: cfg.ShutdownTimeout,
		AtOnce: func() bool { return atTerminal(ctx) }, Log: log,
		Draining: func() { a.draining.Store(true); a.tellSystemd(work, "STOPPING=1") },
	}
	if certificate != nil {
		o.TLS = certificate.Config()
		a.metrics.Gauge("gatehouse_tls_certificate_expires_seconds", "When the TLS certificate ends, in Unix time.",
			func() float64 { return float64(certificate.Expires().Unix()) })
		wg.Go(func() { certificate.Watch(work, told) }) // at once on SIGHUP
	}
	err = server.Serve(ctx, listeners.main, a.handler, o)
	stop()
	wg.Wait()
	return errors.Join(err, a.Close())
}

func machineSettings(cfg config.Config) machine.Settings {
	return machine.Settings{MaxConnections: cfg.MaxConnections, DatabaseConnections: cfg.DatabaseConnections, PasswordBudgetMiB: cfg.PasswordBudgetMiB}
}

const (
	// startPatience is how long a start waits for a database that does not answer: as
	// long as one takes that is started together with us.
	startPatience = 30 * time.Second
	// startPause is how long it waits between two tries.
	startPause = 2 * time.Second
)

// patiently opens the app, and tries again for a while if a back-end is away. One that
// refuses us is not asked again.
func patiently(ctx context.Context, log *slog.Logger, open func() (*app, error)) (*app, error) {
	end := time.Now().Add(startPatience)
	for {
		a, err := open()
		if err == nil || !errors.Is(err, store.ErrUnavailable) || errors.Is(err, sqlstore.ErrRefused) || time.Now().After(end) {
			return a, err
		}
		log.Warn("the database does not answer yet; trying again", "error", err, "for", time.Until(end).Round(time.Second).String())
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(startPause):
		}
	}
}

// loadTLS returns nil if the server is to speak plain HTTP.
func loadTLS(cfg config.Config, log *slog.Logger) (*server.Certificate, error) {
	if cfg.TLSCert == "" {
		return nil, nil
	}
	return server.LoadCertificate(cfg.TLSCert, cfg.TLSKey, time.Now, log)
}

// atTerminal reports whether it was Ctrl-C that ended ctx: whoever sits there has no
// balancer to wait for.
func atTerminal(ctx context.Context) bool {
	told, ok := errors.AsType[toldBy](context.Cause(ctx))
	return ok && told.Signal == os.Interrupt
}

// listeners are where requests come in; metrics is nil unless it has its own.
type listeners struct{ main, metrics net.Listener }

func (a *app) listen(ctx context.Context) (l listeners, err error) {
	if l.main, err = listenOn(ctx, "GATEHOUSE_ADDR", a.config.Addr); err != nil {
		return l, err
	}
	if a.config.MetricsAddr == "" {
		return l, nil
	}
	if l.metrics, err = listenOn(ctx, "GATEHOUSE_METRICS_ADDR", a.config.MetricsAddr); err != nil {
		return l, errors.Join(err, l.main.Close())
	}
	return l, nil
}

// listenOn says what to do about an address that cannot be had.
func listenOn(ctx context.Context, variable, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("something listens on %s already, perhaps another gatehouse; stop that, or choose another address with %s%s", address, variable, example(variable))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s (ports below 1024 are reserved); choose another address with %s", address, variable)
	case err != nil:
		return nil, fmt.Errorf("listening on %s, which %s says: %w", address, variable, err)
	}
	return l, nil
}

// example is for who runs the server at hand: links and tokens name the issuer,
// so that another port needs another issuer.
func example(variable string) string {
	if variable != "GATEHOUSE_ADDR" {
		return ""
	}
	return ", as in:\n  gatehouse serve --addr 127.0.0.1:8081 --issuer http://localhost:8081"
}

// serveMetrics answers on the listener of its own, if there is one.
func (a *app) serveMetrics(ctx context.Context, l net.Listener) {
	if l == nil {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		a.log.Error("the metrics listener failed", "addr", a.config.MetricsAddr, "error", err)
	}
}
