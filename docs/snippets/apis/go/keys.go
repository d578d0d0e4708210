package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// keys are kept for the max-age that came with them. An unknown kid asks for them again.
// There are ten seconds between two requests, whatever strangers send.
var keys = issuerKeys{url: issuer + "/.well-known/jwks.json", set: jwk.NewSet()}

var errNoKeys = errors.New("no keys")

type issuerKeys struct {
	url          string
	mu           sync.Mutex
	set          jwk.Set
	asked, stale time.Time
}

// fetch gives jws the one key that may have made a signature, for RS256 alone.
func (k *issuerKeys) fetch(_ context.Context, sink jws.KeySink, sig *jws.Signature, _ *jws.Message) error {
	header := sig.ProtectedHeaders()
	if header.Type() != "at+jwt" || header.Algorithm() != jwa.RS256 {
		return fmt.Errorf("typ %q, alg %q", header.Type(), header.Algorithm())
	}
	key, err := k.find(header.KeyID())
	if err == nil {
		sink.Key(jwa.RS256, key)
	}
	return err
}

func (k *issuerKeys) find(kid string) (key jwk.Key, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, known := k.set.LookupKeyID(kid)
	if now := time.Now(); (!known || now.After(k.stale)) && now.After(k.asked.Add(10*time.Second)) {
		k.asked = now
		err = k.refresh()
		key, known = k.set.LookupKeyID(kid)
	}
	switch {
	case err != nil && !known, time.Now().After(k.stale):
		return nil, errors.Join(errNoKeys, err)
	case !known:
		return nil, fmt.Errorf("unknown kid %q", kid)
	}
	return key, nil
}

var maxAge = regexp.MustCompile(`max-age=(\d+)`)

func (k *issuerKeys) refresh() error {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(k.url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	set, err := jwk.ParseReader(io.LimitReader(answer.Body, 1<<20))
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s, %v", k.url, answer.Status, err)
	}
	age := 10 // seconds, at least: the next request is not allowed earlier
	if m := maxAge.FindStringSubmatch(answer.Header.Get("Cache-Control")); m != nil {
		told, _ := strconv.Atoi(m[1])
		age = max(age, told)
	}
	k.set, k.stale = set, k.asked.Add(time.Duration(age)*time.Second)
	return nil
}
