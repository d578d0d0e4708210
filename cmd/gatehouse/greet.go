package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"golang.org/x/term"

	"gatehouse/handlers/pages"
	"gatehouse/internal/loopback"
	"gatehouse/internal/mail"
)

// greet tells the person who started the server where it is and what to do next.
func (c *cli) greet(ctx context.Context, a *app, addr net.Addr) {
	c.say("Gatehouse %s listens on %s; people and apps know it as %s", version, addr, a.config.Issuer)
	if a.fresh {
		c.say("It is new. Everything is kept in %s and gatehouse.key beside it; back up both, in different places.", a.config.Database)
	}
	if a.config.Exposed() {
		const exposed = "passwords and tokens cross the network in the clear; GATEHOUSE_INSECURE_ISSUER=allow is for tests alone"
		c.say("WARNING: %s", exposed)
		a.log.WarnContext(ctx, exposed, "issuer", a.config.Issuer)
	}
	if a.config.MetricsAddr == "" {
		c.say("Metrics for Prometheus are off; GATEHOUSE_METRICS_ADDR=127.0.0.1:9090 serves them at that address.")
	}
	if elsewhere(a.config.Issuer, addr) {
		c.say("Warning: links and tokens name %s, which is another port of this machine; set GATEHOUSE_ISSUER.", a.config.Issuer)
	}
	if a.redis != nil {
		for _, warning := range a.redis.Check(ctx, now).Worse() {
			c.say("Warning: %s", warning)
		}
	}
	c.offerAdmin(ctx, a)
}

// offerAdmin prints the one-time link until an administrator exists. The link is
// printed and never logged, because logs are kept and passed on.
func (c *cli) offerAdmin(ctx context.Context, a *app) {
	token, offered, err := a.people.Offer(ctx)
	if err != nil {
		a.log.Error("the link for the first administrator could not be made", "error", err)
		return
	}
	if offered {
		c.say(`
There is no administrator yet. Open this link within the hour to become the first; it works once:

  %s%s?token=%s

or create one from the shell:

  gatehouse user create --role admin --username NAME --email ADDRESS
`, strings.TrimSuffix(a.config.Issuer, "/"), pages.SetupPath, token)
	}
}

// showLinks has the one-time links for people shown at the terminal while nothing else can
// bring them: without mail, on somebody's own machine. Elsewhere standard error is a log,
// which is kept and passed on. They are written as log lines are, by lines, which never
// waits: people who sign up must not wait for a terminal that is held.
func (c *cli) showLinks(a *app, lines io.Writer) {
	u, err := url.Parse(a.config.Issuer)
	f, file := c.stderr.(*os.File)
	if err != nil || !loopback.Host(u.Hostname()) || a.people.Reaches() || !file || !term.IsTerminal(int(f.Fd())) {
		return
	}
	a.people.Terminal = func(m mail.Message) {
		_, _ = fmt.Fprintf(lines, "\nMail is not set up. This link (%s) is for %s:\n\n  %s\n\n", m.Purpose, m.To, m.Data["Link"])
	}
}

// elsewhere reports whether the issuer is this machine at a port on which we do not
// listen. Every link that we print would then lead to another server.
func elsewhere(issuer string, addr net.Addr) bool {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "http" { // https may end at a proxy of this machine
		return false
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	listening, err := netip.ParseAddrPort(addr.String())
	return err == nil && listening.Addr().IsLoopback() && fmt.Sprint(listening.Port()) != port
}
