package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc/<pid>/stat: USER_HZ is 100 on every
// architecture that Linux and Go share.
const tick = 10 * time.Millisecond

// cpuTime returns how long the process has been on a core, in user and kernel mode.
func (p *process) cpuTime() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time of %s: %w", p.name, err)
	}
	spent, err := parseStat(text)
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time of %s: %w", p.name, err)
	}
	return spent, nil
}

// parseStat adds fields 14 and 15, utime and stime (proc_pid_stat(5)). The second
// field is the name in parentheses, and may itself contain any of them.
func parseStat(text []byte) (time.Duration, error) {
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // from field 3 on
	if len(fields) < 13 {
		return 0, errors.New("too few fields in stat")
	}
	user, err := strconv.ParseInt(string(fields[14-3]), 10, 64)
	if err != nil {
		return 0, err
	}
	kernel, err := strconv.ParseInt(string(fields[15-3]), 10, 64)
	return time.Duration(user+kernel) * tick, err
}

// resident is a process's resident memory in bytes: now, at its peak, and the part that
// is its own. The rest is pages of its program's file, which the system can drop.
type resident struct{ now, peak, own int64 }

func (p *process) memory() (resident, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return resident{}, fmt.Errorf("reading the memory of %s: %w", p.name, err)
	}
	status := string(text)
	return resident{kilobytes(status, "VmRSS"), kilobytes(status, "VmHWM"), kilobytes(status, "RssAnon")}, nil
}

// peakMemory returns the highest resident memory since forgetPeak.
func (p *process) peakMemory() (int64, error) {
	m, err := p.memory()
	return m.peak, err
}

// kilobytes returns the value of a line of /proc/<pid>/status or /proc/meminfo in
// bytes, or 0.
func kilobytes(text, name string) int64 {
	for line := range strings.Lines(text) {
		value, found := strings.CutPrefix(line, name+":")
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err == nil {
			return n << 10
		}
	}
	return 0
}

// forgetPeak resets the peak (proc_pid_clear_refs(5)).
func (p *process) forgetPeak() error {
	const resetPeak = "5"
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.pid), []byte(resetPeak), 0); err != nil {
		return fmt.Errorf("resetting the peak memory of %s: %w", p.name, err)
	}
	return nil
}
