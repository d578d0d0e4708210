package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"gatehouse/config"
)

// signer returns the version of the OpenSSL that makes the program's signatures with RSA;
// empty if Go makes them.
func (g program) signer(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, g.binary, "version", "--json")
	cmd.Env = g.env
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("asking the program what it is: %w", err)
	}
	var said struct {
		OpenSSL string `json:"openssl"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return "", fmt.Errorf("asking the program what it is: %w", err)
	}
	chosen := config.Default().Signer
	for _, setting := range g.env {
		if value, is := strings.CutPrefix(setting, "GATEHOUSE_SIGNER="); is {
			chosen = value
		}
	}
	if chosen == "go" {
		return "", nil
	}
	return said.OpenSSL, nil
}

// fast reports whether the server signed by OpenSSL on a processor with IFMA: of RSA, such a
// signature costs a third of Go's.
func (r report) fast() bool { return r.signer != "" && r.machine.ifma }

func (r report) signedBy() string {
	if r.signer == "" {
		return "crypto/rsa"
	}
	return r.signer
}
