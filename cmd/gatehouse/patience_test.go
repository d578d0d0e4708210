package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

func TestAStartWaitsForTheDatabase(t *testing.T) {
	away := fmt.Errorf("opening: %w", store.ErrUnavailable)
	for name, c := range map[string]struct {
		err     error
		comes   time.Duration // after which it answers; 0: never
		ends    time.Duration // at most
		succeed bool
	}{
		"it comes":            {away, 20 * time.Second, 23 * time.Second, true},
		"it never comes":      {away, 0, startPatience + 2*startPause, false},
		"it refuses us":       {errors.Join(away, sqlstore.ErrRefused), 0, 0, false},
		"something else":      {errors.New("no key"), 0, 0, false},
		"we are told to stop": {away, 0, 5 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if name == "we are told to stop" {
					time.AfterFunc(5*time.Second, cancel)
				}
				var log bytes.Buffer
				start, tries := time.Now(), 0
				_, err := patiently(ctx, slog.New(slog.NewTextHandler(&log, nil)), func() (*app, error) {
					tries++
					if c.comes > 0 && time.Since(start) > c.comes {
						return nil, nil
					}
					return nil, c.err
				})
				if (err == nil) != c.succeed || time.Since(start) > c.ends {
					t.Errorf("%v after %s, want success: %t, within %s", err, time.Since(start), c.succeed, c.ends)
				}
				if n := strings.Count(log.String(), "does not answer yet"); n != tries-1 && name != "we are told to stop" {
					t.Errorf("%d lines for %d tries, want one fewer than tries", n, tries)
				}
			})
		})
	}
}
