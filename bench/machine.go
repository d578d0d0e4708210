package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/password"
)

// A machine describes the machine, as far as that matters to the figures.
type machine struct {
	cores          int
	processor      string
	features       string // of its instructions
	ifma           bool   // AVX-512 IFMA is among them
	memory         int64
	system         string
	golang         string
	mariaDB, redis string
	unit           units
}

func (r *rig) examine(ctx context.Context) (m machine, err error) {
	m = machine{cores: cores(), golang: runtime.Version()}
	m.processor, m.features = processor()
	m.ifma = strings.Contains(m.features, "IFMA yes")
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.memory = kilobytes(string(text), "MemTotal")
	}
	m.system = firstLine(ctx, "uname", "-sr")
	m.mariaDB = firstLine(ctx, "mariadbd", "--version")
	m.redis = firstLine(ctx, "redis-server", "--version")
	m.unit, err = r.yardstick.order(order{Each: time.Second, Hash: true, Library: true, Crowded: true})
	return m, err
}

// processor returns its name, and those of its instructions that the figures depend on.
func processor() (name, instructions string) {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH, "instructions unknown"
	}
	return cmp.Or(cpuField(string(text), "model name"), runtime.GOARCH), features(string(text))
}

// cpuField returns the first core's value of a field of /proc/cpuinfo, or "".
func cpuField(text, name string) string {
	for line := range strings.Lines(text) {
		if field, value, _ := strings.Cut(line, ":"); strings.TrimSpace(field) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// features says which instructions the processor has that hashes and signatures use.
// A core without one of them is another machine, whatever its name.
func features(cpuinfo string) string {
	has := strings.Fields(cmp.Or(cpuField(cpuinfo, "flags"), cpuField(cpuinfo, "Features"))) // x86, ARM
	var all []string
	for _, f := range []struct{ name, flag, arm string }{
		{"AVX-512", "avx512f", ""}, {"IFMA", "avx512ifma", ""}, {"AVX2", "avx2", ""}, {"SHA", "sha_ni", "sha2"},
	} {
		word := "no"
		if slices.Contains(has, f.flag) || slices.Contains(has, f.arm) {
			word = "yes"
		}
		all = append(all, f.name+" "+word)
	}
	return strings.Join(all, ", ")
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores; %s", m.processor, m.cores, m.features)
}

// beside puts the machine beside every table, because tables are copied without the rest.
func (m machine) beside(all []table) []table {
	for i := range all {
		all[i].machine = m.String()
	}
	return all
}

// hash is the cost of a hash, and what it is made with.
func (m machine) hash() string { return micros(m.unit.Hash) + " by " + password.Kernel() }

// firstLine returns the first line that a program prints, such as its version.
func firstLine(ctx context.Context, program string, args ...string) string {
	out, err := exec.CommandContext(ctx, program, args...).Output()
	if err != nil {
		return fmt.Sprintf("%s: %v", program, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
