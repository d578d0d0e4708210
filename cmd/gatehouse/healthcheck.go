package main

import (
	"context"
	"crypto/tls"
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
		Use: "healthcheck", Short: "Ask the server on this machine whether it is ready", Args: exactArgs(),
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

// toOurselves returns a client and a base URL for the server with these settings. The
// client does not verify the certificate: none is valid for an address of this machine,
// and the request holds no secret. A server that keeps its old certificate because the
// new one is broken must not be restarted for that.
func toOurselves(cfg config.Config) (*http.Client, string, error) {
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, "", fmt.Errorf("reading the address: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, port)
	if cfg.TLSCert == "" {
		return &http.Client{}, "http://" + address, nil
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}} //nolint:gosec // G402: as said above
	return &http.Client{Transport: transport}, "https://" + address, nil
}
