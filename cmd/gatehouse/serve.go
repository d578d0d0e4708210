package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/config"
	"gatehouse/internal/logging"
	"gatehouse/internal/machine"
	"gatehouse/internal/password"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

func (c *cli) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it is told to stop (SIGTERM or Ctrl-C); it then drains.

Without any settings it keeps everything in gatehouse.db and gatehouse.key in the
current folder and listens on 127.0.0.1:8080. Until there is an administrator, it
prints a one-time link with which to become the first one.`,
		Example: `  gatehouse serve
  gatehouse serve --addr 127.0.0.1:9000 --issuer http://localhost:9000
  GATEHOUSE_MASTER_KEY_FILE=master.key GATEHOUSE_DATABASE_FILE=database gatehouse serve`,
		Args: exactArgs(),
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
	// SIGHUP is caught from the start, even without a certificate to reload: by
	// default it ends the process.
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGHUP)
	defer signal.Stop(told)
	signal.Ignore(syscall.SIGPIPE) // the reader of the log may go away; by default the next line would end the process
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
		log.Warn("the memory limit of this container or service is too small for GATEHOUSE_PASSWORD_BUDGET_MIB", "limit_mib", group>>20, "budget_mib", bounds.PasswordBudgetMiB)
	}
	certificate, err := loadTLS(cfg, log)
	if err != nil {
		return err
	}
	listeners, err := listen(ctx, cfg) // first: if another server has the address, nothing is made
	if err != nil {
		return err
	}
	a, err := patiently(ctx, log, func() (*app, error) { return newApp(ctx, cfg, log) })
	if err != nil {
		return errors.Join(err, listeners.Close())
	}
	lines.Tell(a.metrics.LogDropped)
	c.showLinks(a, lines)
	c.greet(ctx, a, listeners.main.Addr())
	a.tellSigner(ctx)
	return a.run(ctx, listeners, certificate, told, bounds.Connections(machine.OpenFiles(), memory))
}

// run serves until ctx ends, and drains. Only then does it stop the work in the
// background, wait for it, and close the app. The certificate is read again at once when
// told; it is nil for plain HTTP.
func (a *app) run(ctx context.Context, l listeners, certificate *server.Certificate, told <-chan os.Signal, connections int) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { a.background(work) })
	wg.Go(func() { a.serveMetrics(work, l.metrics) })
	wg.Go(func() { a.notifyReady(work) })
	o := a.serveOptions(ctx, work, connections)
	if certificate != nil {
		o.TLS = certificate.Config()
		a.metrics.Gauge("gatehouse_tls_certificate_expires_seconds", "When the TLS certificate ends, in Unix time.",
			func() float64 { return float64(certificate.Expires().Unix()) })
		wg.Go(func() { certificate.Watch(work, told) })
	}
	err := server.Serve(ctx, l.main, a.handler, o)
	stop()
	wg.Wait()
	return errors.Join(err, a.Close())
}

func (a *app) serveOptions(ctx, work context.Context, connections int) server.ServeOptions {
	return server.ServeOptions{
		MaxConnections: connections,
		DrainDelay:     a.config.DrainDelay, ShutdownTimeout: a.config.ShutdownTimeout,
		AtOnce: func() bool { return atTerminal(ctx) }, Log: a.log,
		Draining: func() { a.draining.Store(true); a.notify(work, "STOPPING=1") },
	}
}

func machineSettings(cfg config.Config) machine.Settings {
	return machine.Settings{
		MaxConnections: cfg.MaxConnections, DatabaseConnections: cfg.DatabaseConnections,
		PasswordBudgetMiB: passwordBudgetMiB(cfg), HashesOutside: password.OutsideHeap(),
	}
}

// passwordBudgetMiB returns the setting or, without one, what suits this machine: at
// least one hash.
func passwordBudgetMiB(cfg config.Config) int {
	const kibPerMiB = 1024
	one := (cfg.PasswordMemoryKiB + kibPerMiB - 1) / kibPerMiB
	return cmp.Or(cfg.PasswordBudgetMiB, max(one, machine.PasswordBudgetMiB(runtime.GOMAXPROCS(0), machine.GroupMemory())))
}

const (
	// startPatience is how long a start waits for a database that does not answer:
	// long enough for one that is started together with us.
	startPatience = 30 * time.Second
	// startPause is the time between two tries.
	startPause = 2 * time.Second
)

// patiently opens the app, and tries again for startPatience if a back-end does not
// answer. A back-end that refuses us is not tried again.
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

// atTerminal reports whether Ctrl-C ended ctx. A person at a terminal has no load
// balancer to wait for.
func atTerminal(ctx context.Context) bool {
	told, ok := errors.AsType[toldBy](context.Cause(ctx))
	return ok && told.Signal == os.Interrupt
}

// listeners accept requests; metrics is nil unless the metrics have their own address.
type listeners struct{ main, metrics net.Listener }

func listen(ctx context.Context, cfg config.Config) (l listeners, err error) {
	if l.main, err = listenOn(ctx, "GATEHOUSE_ADDR", cfg.Addr); err != nil {
		return l, err
	}
	if cfg.MetricsAddr == "" || cfg.MetricsOnMain() {
		return l, nil
	}
	if l.metrics, err = listenOn(ctx, "GATEHOUSE_METRICS_ADDR", cfg.MetricsAddr); err != nil {
		return l, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close stops listening.
func (l listeners) Close() error {
	err := l.main.Close()
	if l.metrics != nil {
		err = errors.Join(err, l.metrics.Close())
	}
	return err
}

// listenOn listens on the address. Its error says what to do if that fails.
func listenOn(ctx context.Context, variable, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("something already listens on %s, perhaps another gatehouse; stop it, or choose another address with %s%s", address, variable, example(variable, address))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s (ports below 1024 are reserved); choose another address with %s", address, variable)
	case err != nil:
		return nil, fmt.Errorf("listening on %s, the address in %s: %w", address, variable, err)
	}
	return l, nil
}

// example shows a person at a terminal how to choose the next port. Links and tokens
// name the issuer, so another port needs another issuer.
func example(variable, taken string) string {
	_, text, err := net.SplitHostPort(taken)
	port, numeric := strconv.Atoi(text)
	if variable != "GATEHOUSE_ADDR" || err != nil || numeric != nil {
		return ""
	}
	return fmt.Sprintf(", as in:\n  gatehouse serve --addr 127.0.0.1:%d --issuer http://localhost:%d", port+1, port+1)
}

// serveMetrics serves the metrics on l, if they have a listener of their own.
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
