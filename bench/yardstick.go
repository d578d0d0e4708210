package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// yardstickCommand makes this program measure the units, once for each order on its
// standard input.
const yardstickCommand = "serve-yardstick"

// units are the costs of one of each kind, in CPU time. Library is that of a hash by
// golang.org/x/crypto.
type units struct{ Signature, Crowded, Hash, Library time.Duration }

func (u units) plus(v units) units {
	return units{u.Signature + v.Signature, u.Crowded + v.Crowded, u.Hash + v.Hash, u.Library + v.Library}
}

func (u units) over(n int) units {
	d := time.Duration(n)
	return units{u.Signature / d, u.Crowded / d, u.Hash / d, u.Library / d}
}

// An order says which units to measure, and how long to measure each.
type order struct {
	Each                   time.Duration
	Hash, Library, Crowded bool
}

func serveYardstick(in io.Reader, out io.Writer) int {
	c, err := newCraft()
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for err == nil {
		var o order
		if err = orders.Decode(&o); err != nil {
			break
		}
		var u units
		if u, err = c.measure(o); err == nil {
			err = answers.Encode(u)
		}
	}
	if errors.Is(err, io.EOF) {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func (c craft) measure(o order) (u units, err error) {
	if u.Signature, err = cost(o.Each, 1, c.sign); err != nil {
		return u, err
	}
	if o.Crowded {
		if u.Crowded, err = cost(o.Each, crowdedEach*cores(), c.crowded); err != nil {
			return u, err
		}
	}
	if o.Library {
		if u.Library, err = cost(o.Each, 1, c.library); err != nil {
			return u, err
		}
	}
	if o.Hash {
		u.Hash, err = cost(o.Each, 1, c.hash)
	}
	return u, err
}

// A yardstick measures the units in a process that is as small as a server, because
// the cost of garbage depends on the size of the heap.
type yardstick struct {
	each    time.Duration
	in      io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
	cmd     *exec.Cmd
}

// newYardstick starts a yardstick that measures the units for a fifth of the time of
// an endpoint's measurement, divided among its slices.
func newYardstick(ctx context.Context, endpoint time.Duration) (*yardstick, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting the yardstick: %w", err)
	}
	y := &yardstick{each: endpoint / (5 * slicesEach), cmd: exec.CommandContext(ctx, self, yardstickCommand)}
	y.cmd.Stderr = os.Stderr
	if y.in, err = y.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the yardstick: %w", err)
	}
	out, err := y.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the yardstick: %w", err)
	}
	if err := y.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the yardstick: %w", err)
	}
	y.orders, y.answers = json.NewEncoder(y.in), json.NewDecoder(out)
	return y, nil
}

func (y *yardstick) close() error { return errors.Join(y.in.Close(), y.cmd.Wait()) }

// measure measures a signature, and a hash if hash is set.
func (y *yardstick) measure(hash bool) (units, error) {
	return y.order(order{Each: y.each, Hash: hash})
}

func (y *yardstick) order(o order) (u units, err error) {
	if err := y.orders.Encode(o); err != nil {
		return u, fmt.Errorf("measuring the units: %w", err)
	}
	if err := y.answers.Decode(&u); err != nil {
		return u, fmt.Errorf("measuring the units: %w", err)
	}
	return u, nil
}
