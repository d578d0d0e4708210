package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// A process is a program that the rig started and will stop.
type process struct {
	name string
	pid  int
	log  string // the file that holds its output
	cmd  *exec.Cmd
	gone chan struct{} // closed once it has ended
	// beside are further replicas, which are measured and stopped with this one, and front is
	// the balancer before them; nil: none.
	beside []*process
	front  *process
}

// stopWithin is how long a program may take to end before it is killed.
const stopWithin = 30 * time.Second

// startProcess starts a program whose output goes to a file in dir. The program's
// environment is env alone, so that the caller's settings do not leak in.
func startProcess(ctx context.Context, dir, name string, env []string, program string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), gone: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	defer out.Close()
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, out, out
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopWithin
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p.pid = p.cmd.Process.Pid
	go func() {
		_ = p.cmd.Wait() // how it ended is in its log
		close(p.gone)
	}()
	return p, nil
}

// stop tells the program to end, and those that serve with it, and waits until they have.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	err := errors.Join(p.front.stop(), p.end())
	for _, other := range p.beside {
		err = errors.Join(err, other.stop())
	}
	return err
}

func (p *process) end() error {
	if p.ended() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	select {
	case <-p.gone:
		return nil
	case <-time.After(stopWithin):
		err := errors.Join(fmt.Errorf("%s did not stop within %s", p.name, stopWithin), p.cmd.Process.Kill())
		<-p.gone
		return err
	}
}

func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// until repeats try at an interval until it succeeds, the program ends or the time is
// up.
func (p *process) until(ctx context.Context, every, limit time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(every):
		case <-p.gone:
			return fmt.Errorf("%s ended: %s", p.name, tail(p.log))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w: %s", p.name, err, tail(p.log))
		}
	}
}

// tail returns the end of a log, for an error.
func tail(file string) string {
	const enough = 2000
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-enough):])
}
