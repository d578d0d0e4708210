package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// startKeycloak starts a distribution that was built with the settings of scripts/peers.sh.
// Its script waits for the server, whose process is the one that is measured.
func startKeycloak(ctx context.Context, r *rig, port, _ string) (*process, string, error) {
	if r.options.peers.keycloak == "" {
		return nil, "", fmt.Errorf("%w: no -keycloak", errAbsent)
	}
	home, err := filepath.Abs(r.options.peers.keycloak)
	if err != nil {
		return nil, "", err
	}
	realm, err := os.ReadFile(filepath.Join(r.options.peers.dir, "keycloak", "realm.json"))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errAbsent, err)
	}
	imports := filepath.Join(home, "data", "import")
	if err := errors.Join(os.MkdirAll(imports, 0o700), os.WriteFile(filepath.Join(imports, "realm.json"), realm, 0o600)); err != nil {
		return nil, "", fmt.Errorf("giving it its realm: %w", err)
	}
	env := append(os.Environ(), "KC_HTTP_ENABLED=true", "KC_HTTP_HOST=127.0.0.1", "KC_HTTP_PORT="+port, "KC_HOSTNAME=http://localhost:"+port)
	script, err := startProcess(ctx, r.dir, "keycloak", env, filepath.Join(home, "bin", "kc.sh"), "start", "--optimized", "--import-realm")
	if err != nil {
		return nil, "", err
	}
	err = script.until(ctx, 100*time.Millisecond, time.Minute, script.standsForItsChild)
	return script, firstLine(ctx, "cat", filepath.Join(home, "version.txt")) + ", " + firstLine(ctx, javaOf(os.Getenv("JAVA_HOME")), "--version"), err
}

func javaOf(home string) string {
	if home == "" {
		return "java"
	}
	return filepath.Join(home, "bin", "java")
}

// standsForItsChild lets the process be measured by that of its only child (proc_pid_children(5)).
// It is still the one that is told to end, and tells its child.
func (p *process) standsForItsChild() error {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.cmd.Process.Pid, p.cmd.Process.Pid))
	if err != nil {
		return fmt.Errorf("looking for the child of %s: %w", p.name, err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s has no child of its own: %w", p.name, err)
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child))
	if err != nil {
		return fmt.Errorf("the child of %s has ended: %w", p.name, err)
	}
	if strings.TrimSpace(string(name)) != "java" { // one of the tools that the script calls
		return fmt.Errorf("the child of %s is %q, want java", p.name, name)
	}
	p.pid = child
	return nil
}
