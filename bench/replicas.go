package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// balancer is the configuration of haproxy in front of the replicas, which gives each request
// to the next one.
const balancer = `global
	maxconn 4096
defaults
	mode http
	timeout connect 1s
	timeout client 60s
	timeout server 60s
listen gatehouse
	bind %s
	balance roundrobin
`

// serveMany starts the replicas of a program at a place, and haproxy at its address. The
// returned process stands for all of them; haproxy's own CPU is not counted.
func (r *rig) serveMany(ctx context.Context, g program, p place) (all *process, s start, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, all.stop())
			all = nil
		}
	}()
	var config strings.Builder
	fmt.Fprintf(&config, balancer, p.address)
	g.env = append([]string{"GATEHOUSE_ISSUER=" + p.issuer()}, g.env...)
	for n := range g.replicas {
		one := p
		if one.address, err = freeAddress(); err != nil {
			return all, s, err
		}
		fmt.Fprintf(&config, "\tserver replica%d %s\n", n, one.address)
		replica, started, err := r.serveOne(ctx, g, one)
		if err != nil {
			return all, s, err
		}
		if s = started; all == nil {
			all = replica
		} else {
			all.beside = append(all.beside, replica)
		}
	}
	file := filepath.Join(p.dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		return all, s, fmt.Errorf("configuring haproxy: %w", err)
	}
	if all.front, err = startProcess(ctx, p.dir, "haproxy", os.Environ(), "haproxy", "-db", "-f", file); err != nil {
		return all, s, err
	}
	return all, s, all.front.until(ctx, pollEvery, time.Minute, func() error { return dial(p.address) })
}
