package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns how long the process has been on a core, in user and kernel mode, by the
// kernel's own count in nanoseconds (clock_getcpuclockid(3)): /proc/<pid>/stat rounds it to
// hundredths of a second, which a slice of a comparison is too short for. Replicas add up.
func (p *process) cpuTime() (time.Duration, error) {
	var spent unix.Timespec
	if err := unix.ClockGettime(cpuClock(p.pid), &spent); err != nil {
		return 0, fmt.Errorf("reading the CPU time of %s: %w", p.name, err)
	}
	all := time.Duration(spent.Nano())
	for _, other := range p.beside {
		more, err := other.cpuTime()
		if err != nil {
			return 0, err
		}
		all += more
	}
	return all, nil
}

// cpuClock is the clock of a process: MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the
// kernel's posix-timers.h.
func cpuClock(pid int) int32 {
	const sched = 2
	return int32(^pid<<3 | sched)
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
