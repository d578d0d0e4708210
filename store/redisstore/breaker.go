package redisstore

import (
	"sync"
	"time"
)

const (
	// tolerated timeouts in a row open the breaker.
	tolerated = 5
	// pause is how long it then refuses everything.
	pause = 250 * time.Millisecond
)

// A breaker keeps requests from piling up behind a Redis that hangs: after some
// timeouts in a row, it refuses at once for a while, and then lets one request
// through at a time until one succeeds.
type breaker struct {
	mu       sync.Mutex
	state    breakerState
	timeouts int         // in a row
	timer    *time.Timer // ends the pause
}

type breakerState int

const (
	letThrough breakerState = iota
	paused
	oneMayTry
	probing
)

// allow reports whether a request may be tried; each that may is reported.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case paused, probing:
		return false
	case oneMayTry:
		b.state = probing
	}
	return true
}

// A verdict says how a request went.
type verdict int

const (
	answered verdict = iota // also with a refusal: it came fast
	hung
	abandoned // the caller went away: nobody knows
)

// report takes the verdict on a request that was allowed.
func (b *breaker) report(v verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case v == answered:
		b.timeouts, b.state = 0, letThrough
	case v == abandoned && b.state == probing:
		b.state = oneMayTry
	case v == hung:
		b.timeouts++
		if b.state == probing || b.state == letThrough && b.timeouts >= tolerated {
			b.open()
		}
	}
}

// open refuses everything for a while.
func (b *breaker) open() {
	b.state = paused
	b.timer = time.AfterFunc(pause, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.state == paused {
			b.state = oneMayTry
		}
	})
}

// stop ends the timer.
func (b *breaker) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
	}
}
