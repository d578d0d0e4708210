package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A machine describes the machine, as far as that matters to the figures.
type machine struct {
	cores          int
	processor      string
	memory         int64
	system         string
	golang         string
	mariaDB, redis string
	unit           units
}

func (r *rig) examine(ctx context.Context) (m machine, err error) {
	m = machine{cores: cores(), golang: runtime.Version(), processor: processor()}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.memory = kilobytes(string(text), "MemTotal")
	}
	m.system = firstLine(ctx, "uname", "-sr")
	m.mariaDB = firstLine(ctx, "mariadbd", "--version")
	m.redis = firstLine(ctx, "redis-server", "--version")
	m.unit, err = r.yardstick.order(order{Each: time.Second, Hash: true, Library: true, Crowded: true})
	return m, err
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// firstLine returns the first line that a program prints, such as its version.
func firstLine(ctx context.Context, program string, args ...string) string {
	out, err := exec.CommandContext(ctx, program, args...).Output()
	if err != nil {
		return fmt.Sprintf("%s: %v", program, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
