package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peers are the servers of other makers. Their sources and settings are in bench/peers.
func peers() []peer {
	const api = "https://api.example.com/orders"
	return []peer{
		{
			name: "oidc-provider", keeps: "everything in memory", start: startNode, robot: [2]string{peerApp, peerSecret},
			client: url.Values{"resource": {api}, "scope": {"orders:read"}}, refresh: url.Values{"resource": {api}},
		},
		{
			name: "zitadel/oidc's example", keeps: "everything in memory", start: startGo, robot: [2]string{"sid1", "verysecret"}, brief: true,
		},
		{
			name: "Keycloak", keeps: "an H2 database in memory, and caches", start: startKeycloak, path: "/realms/peer", robot: [2]string{peerApp, peerSecret},
			person: func(i int) string { return "person" + strconv.Itoa(i%10) },
		},
	}
}

// errAbsent means that a peer is not installed.
var errAbsent = errors.New("not here")

func (r *rig) enterPeers(ctx context.Context, found *lineup) error {
	for _, p := range peers() {
		r.say("%s: starting it", p.name)
		e, err := r.enterPeer(ctx, p)
		switch {
		case errors.Is(err, errAbsent):
			r.say("%s is left out: %v", p.name, err)
			found.absent = append(found.absent, fmt.Sprintf("%s: %v", p.name, err))
			continue
		case err != nil:
			return fmt.Errorf("starting %s: %w", p.name, errors.Join(err, e.target.server.stop()))
		}
		found.entrants = append(found.entrants, e)
	}
	return nil
}

func (r *rig) enterPeer(ctx context.Context, p peer) (e entrant, err error) {
	e = entrant{name: p.name, keeps: p.keeps, warmUp: r.options.peers.warmUp}
	address, err := freeAddress()
	if err != nil {
		return e, err
	}
	begun := filepath.Join(r.dir, strings.NewReplacer("/", "-", " ", "-", "'", "").Replace(p.name)+".json")
	if e.target.server, e.version, err = p.start(ctx, r, portOf(address), begun); err != nil {
		return e, err
	}
	e.target.base = "http://localhost:" + portOf(address)
	v := &visit{peer: p, load: newLoad(e.target.base, r.options.connections), holders: make(chan *holder, peerSessions)}
	if err := e.target.server.until(ctx, 100*time.Millisecond, 3*time.Minute, func() error { return v.discover(ctx) }); err != nil {
		return e, err
	}
	if e.idle, err = e.target.server.memory(); err != nil {
		return e, err
	}
	if err := v.begin(ctx, begun); err != nil {
		return e, fmt.Errorf("beginning its sessions: %w", err)
	}
	e.rows, e.ready = v.rows(), v.ready
	return e, nil
}

// startNode starts the server on oidc-provider.
func startNode(ctx context.Context, r *rig, port, begun string) (*process, string, error) {
	dir, err := filepath.Abs(filepath.Join(r.options.peers.dir, "node"))
	if err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", "oidc-provider", "package.json"))
	if err != nil {
		return nil, "", fmt.Errorf("%w: npm ci has not been run in %s", errAbsent, dir)
	}
	var of struct{ Version string }
	if err := json.Unmarshal(text, &of); err != nil {
		return nil, "", fmt.Errorf("reading its version: %w", err)
	}
	server, err := startProcess(ctx, r.dir, "oidc-provider", []string{"NODE_ENV=production", "PATH=" + os.Getenv("PATH")}, "node", filepath.Join(dir, "server.mjs"), port, strconv.Itoa(peerSessions), begun)
	return server, fmt.Sprintf("oidc-provider %s, Node.js %s", of.Version, firstLine(ctx, "node", "--version")), err
}

// startGo builds and starts the example server of zitadel/oidc.
func startGo(ctx context.Context, r *rig, port, begun string) (*process, string, error) {
	dir := filepath.Join(r.options.peers.dir, "go")
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return nil, "", fmt.Errorf("%w: no module in %s", errAbsent, dir)
	}
	binary := filepath.Join(r.dir, "peer")
	cmd := exec.CommandContext(ctx, "go", "build", "-C", dir, "-trimpath", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("building it: %w: %s", err, out)
	}
	server, err := startProcess(ctx, r.dir, "zitadel-oidc", nil, binary, port, strconv.Itoa(peerSessions), begun)
	return server, firstLine(ctx, "go", "list", "-C", dir, "-m", "github.com/zitadel/oidc/v3") + ", " + firstLine(ctx, "go", "env", "GOVERSION"), err
}
