package handlers_test

import (
	"errors"
	"net/http"
	"testing"

	"gatehouse/handlers"
)

func TestBearer(t *testing.T) {
	for _, c := range []struct {
		header []string
		token  string
		err    error
	}{
		{nil, "", handlers.ErrNoBearer},
		{[]string{""}, "", handlers.ErrNoBearer},
		{[]string{"Basic YTpi"}, "", handlers.ErrNoBearer},
		{[]string{"Bearerabc"}, "", handlers.ErrNoBearer},
		{[]string{"Bearer=abc"}, "", handlers.ErrNoBearer},
		{[]string{"Bearer"}, "", handlers.ErrBadBearer},
		{[]string{"Bearer "}, "", handlers.ErrBadBearer},
		{[]string{"Bearer a b"}, "", handlers.ErrBadBearer},
		{[]string{"Bearer a, Bearer b"}, "", handlers.ErrBadBearer},
		{[]string{"Bearer a", "Bearer a"}, "", handlers.ErrBadBearer},
		{[]string{"Basic YTpi", "Bearer a"}, "", handlers.ErrBadBearer},
		{[]string{"Bearer abc"}, "abc", nil},
		{[]string{"Bearer   abc"}, "abc", nil},
		{[]string{"bEARER\tabc"}, "abc", nil},
	} {
		token, err := handlers.Bearer(http.Header{"Authorization": c.header})
		if token != c.token || !errors.Is(err, c.err) {
			t.Errorf("%q: %q, %v; want %q, %v", c.header, token, err, c.token, c.err)
		}
	}
}
