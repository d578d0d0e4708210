package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/store"
)

// A page is a record of touches that can be away, and refuses one session for ever.
type page struct {
	mu    sync.Mutex
	away  bool
	calls int
	gens  map[string]int64
	seen  map[string]int
}

func (p *page) record(_ context.Context, touches ...store.SessionTouch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.away {
		return fmt.Errorf("touching: %w", store.ErrUnavailable)
	}
	for _, touch := range touches {
		if touch.ID == "odd" {
			return errors.New("this does not fit")
		}
	}
	for _, touch := range touches {
		p.gens[touch.ID] = touch.Rotation.Gen
	}
	return nil
}

func (p *page) set(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

func (p *page) observe(result string, n int) { p.seen[result] += n }

func newPage() (*page, *Touches, *strings.Builder) {
	p, lines := &page{gens: map[string]int64{}, seen: map[string]int{}}, &strings.Builder{}
	return p, &Touches{Record: p.record, Every: DefaultGather, Most: DefaultWaiting, Observe: p.observe, Log: slog.New(slog.NewTextHandler(lines, nil))}, lines
}

func touchOf(id string, gen int64) store.SessionTouch {
	return store.SessionTouch{ID: id, Rotation: store.Rotation{Gen: gen}}
}

func TestTouchesWaitForTheRecordToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, touches, lines := newPage()
		p.away = true
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { touches.Run(ctx); close(done) }()
		for i := range 3 * store.MaxTouches {
			touches.add(touchOf(fmt.Sprint(i), 2))
		}
		time.Sleep(time.Second)
		touches.add(touchOf("0", 3))
		touches.add(touchOf("1", 1)) // late
		p.set(false)
		time.Sleep(time.Second)
		touches.add(touchOf("last", 1))
		stop()
		<-done
		if len(p.gens) != 3*store.MaxTouches+1 || p.gens["0"] != 3 || p.gens["1"] != 2 || p.gens["last"] != 1 {
			t.Errorf("%d sessions are noted, with generations %d, %d and %d; want %d, with 3, 2 and 1", len(p.gens), p.gens["0"], p.gens["1"], p.gens["last"], 3*store.MaxTouches+1)
		}
		if n := strings.Count(lines.String(), "were not noted"); n != 1 || !strings.Contains(lines.String(), "noted again") || p.seen["lost"] != 0 || p.seen["failed"] == 0 {
			t.Errorf("told %d times of a failure, and counted %v; want once, the end told, and nothing lost:\n%s", n, p.seen, lines)
		}
	})
}

func TestATouchThatIsRefusedIsLostAlone(t *testing.T) {
	p, touches, lines := newPage()
	for _, id := range []string{"a", "b", "odd", "c", "d"} {
		touches.add(touchOf(id, 2))
	}
	touches.Write(t.Context())
	if noted := slices.Sorted(maps.Keys(p.gens)); !slices.Equal(noted, []string{"a", "b", "c", "d"}) || p.seen["lost"] != 1 || p.seen["written"] != 4 {
		t.Errorf("noted %q, counted %v; want all but the odd one", noted, p.seen)
	}
	if !strings.Contains(lines.String(), "were lost") || !strings.Contains(lines.String(), "session=odd") {
		t.Errorf("the log does not tell of the lost touch, want its session:\n%s", lines)
	}
	calls := p.calls
	if touches.Write(t.Context()); p.calls != calls {
		t.Error("the lost touch was tried again, want it forgotten")
	}
}

func TestTouchesThatAreLeftAtTheEndAreCounted(t *testing.T) {
	p, touches, lines := newPage()
	p.away = true
	touches.add(touchOf("a", 2))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	touches.Run(ctx)
	if p.seen["lost"] != 1 || !strings.Contains(lines.String(), "were lost") {
		t.Errorf("counted %v, want one lost, and a line in the log:\n%s", p.seen, lines)
	}
}

func TestNoMoreTouchesWaitThanMay(t *testing.T) {
	p, touches, _ := newPage()
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for caller := range 4 {
		wg.Go(func() {
			for i := range touches.Most {
				if touches.add(touchOf(fmt.Sprint(caller, " ", i), 2)) {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	touches.Write(t.Context())
	if taken != touches.Most || len(p.gens) != taken {
		t.Errorf("%d were taken and %d noted, want %d", taken, len(p.gens), touches.Most)
	}
}
