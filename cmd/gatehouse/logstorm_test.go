package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAStormOfFaultsIsGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		handler := newCalm(slog.NewJSONHandler(&out, nil))
		stop := handler.start()
		log := slog.New(handler)
		log.With("part", "x").Warn("another kind")
		for second := range 3 {
			for i := range 1000 {
				log.Error("request", "request", fmt.Sprintf("ID%d.%d.", second, i), "route", "/oauth/token", "status", 503)
				log.Info("request", "request", "fine", "route", "/oauth/token", "status", 200)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		log.Error("request", "route", "/login", "status", 500)
		stop()
		text := out.String()
		if n := strings.Count(text, `"level":"ERROR"`); n != 3*(likeLines+1)+1 {
			t.Errorf("%d lines", n)
		}
		if n := strings.Count(text, `"level":"INFO"`); n != 3000 {
			t.Errorf("%d lines of routine, want all", n)
		}
		for second := range 3 {
			for i := range 1000 {
				if id := fmt.Sprintf("ID%d.%d.", second, i); !strings.Contains(text, id) {
					t.Fatalf("%s is not to be found", id)
				}
			}
		}
		if n := strings.Count(text, fmt.Sprintf(`"lines":%d`, 1000-likeLines)); n != 3 || !strings.Contains(text, `"msg":"another kind","part":"x"`) {
			t.Errorf("%d lines on the rest", n)
		}
	})
}
