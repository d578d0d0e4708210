package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/config"
)

// healthcheckCommand asks a running server, for containers that have no curl.
func (c *cli) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask the server on this machine whether it is ready", Args: takes(),
		Long: "Ask the server that listens on the configured address of this machine whether it is ready.\nThe exit code is 0 if it is.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			if err := askReady(cmd.Context(), cfg); err != nil {
				return err
			}
			c.say("ready")
			return nil
		},
	}
}

func askReady(ctx context.Context, cfg config.Config) error {
	client, url, err := toOurselves(cfg)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz/ready", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: %s", resp.Status)
	}
	return nil
}

// toOurselves returns how to reach the server that has these settings. Under the
// address of this machine no certificate is valid, so it is the very one of the
// settings that is looked for.
func toOurselves(cfg config.Config) (*http.Client, string, error) {
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, "", fmt.Errorf("reading the address: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, port)
	pair, err := loadTLS(cfg)
	if err != nil || pair == nil {
		return &http.Client{}, "http://" + address, err
	}
	leaf := pair.Certificates[0].Leaf
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: nameOf(leaf), MinVersion: tls.VersionTLS12}}
	return &http.Client{Transport: transport}, "https://" + address, nil
}

// nameOf is a name that the certificate is valid for.
func nameOf(leaf *x509.Certificate) string {
	switch {
	case len(leaf.DNSNames) > 0:
		return leaf.DNSNames[0]
	case len(leaf.IPAddresses) > 0:
		return leaf.IPAddresses[0].String()
	}
	return ""
}
