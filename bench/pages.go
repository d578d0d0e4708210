package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

const (
	pageSize = 100
	// strideSize is the size of the pages on the way to a far one.
	strideSize = 1000
)

// farPage is the page that is measured besides the first: the ten-thousandth,
// or the last full one of fewer people.
func farPage(size int) int { return min(10_000, size/pageSize) }

// walkTo follows the list's links to a page, first in long strides and then in pages
// of the usual size, and returns its path.
func walkTo(ctx context.Context, l load, admin string, page int) (string, error) {
	before := (page - 1) * pageSize
	path := "/api/accounts/admin/users/?limit=" + strconv.Itoa(strideSize)
	var err error
	for range before / strideSize {
		if path, err = nextPage(ctx, l, admin, path); err != nil {
			return "", err
		}
	}
	if path, err = withLimit(path, pageSize); err != nil {
		return "", err
	}
	for range before % strideSize / pageSize {
		if path, err = nextPage(ctx, l, admin, path); err != nil {
			return "", err
		}
	}
	return path, nil
}

// nextPage reads a page and returns where its Link leads (RFC 8288).
func nextPage(ctx context.Context, l load, admin, path string) (next string, err error) {
	err = l.send(ctx, request{
		method: http.MethodGet, path: path, authorization: "Bearer " + admin, want: http.StatusOK,
		then: func(h http.Header, _ []byte) error {
			next, err = nextLink(h.Get("Link"))
			return err
		},
	})
	if err != nil {
		return "", fmt.Errorf("walking through the user list: %w", err)
	}
	return next, nil
}

var linkNext = regexp.MustCompile(`<([^>]+)>;\s*rel="next"`)

// nextLink returns the path and query of the link to the next page.
func nextLink(header string) (string, error) {
	found := linkNext.FindStringSubmatch(header)
	if found == nil {
		return "", errors.New(`no link with rel="next"`)
	}
	u, err := url.Parse(found[1])
	if err != nil {
		return "", err
	}
	return u.RequestURI(), nil
}

// withLimit returns the path with another page size, from the same place on.
func withLimit(path string, limit int) (string, error) {
	u, err := url.Parse(path)
	if err != nil {
		return "", err
	}
	query := u.Query()
	query.Set("limit", strconv.Itoa(limit))
	u.RawQuery = query.Encode()
	return u.RequestURI(), nil
}

func countOf(body []byte, text string) int { return bytes.Count(body, []byte(text)) }
