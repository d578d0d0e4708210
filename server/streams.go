package server

import (
	"context"
	"net/http"
	"net/netip"
)

// streams bounds how many requests are in progress on HTTP/2 connections besides the
// first of each connection, because one connection may have maxStreams, and each uses up
// to 50 KiB while it is sent slowly. Beyond the limit, which is that of the connections,
// only networks below an equal share may have more. The limit on connections bounds the
// first requests.
type streams struct {
	limit    int
	all      int
	networks map[netip.Prefix]int
}

// begin counts one more request of a connection, and reports whether there is room for it.
func (s *streams) begin(on *connection) bool {
	if on.streams++; on.streams == 1 {
		return true
	}
	s.all++
	s.networks[on.network]++
	return s.all <= s.limit || s.networks[on.network]*len(s.networks) <= s.limit
}

// end must be called once for each begin, before on.streams is decremented.
func (s *streams) end(on *connection) {
	if on.streams == 1 {
		return
	}
	s.all--
	if s.networks[on.network]--; s.networks[on.network] == 0 {
		delete(s.networks, on.network)
	}
}

type crowdedKey struct{}

// crowded reports whether multiplexed found no room for the request.
func crowded(ctx context.Context) bool { return ctx.Value(crowdedKey{}) != nil }

// multiplexed counts the requests that arrive over HTTP/2, and marks those that find no
// room. The gate turns them away; a route without a gate answers them at once.
func multiplexed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, bounded := r.Context().Value(cameByKey{}).(cameBy)
		if !bounded || r.ProtoMajor < 2 {
			next.ServeHTTP(w, r)
			return
		}
		if !by.begin() {
			r = r.WithContext(context.WithValue(r.Context(), crowdedKey{}, true))
		}
		defer by.end()
		next.ServeHTTP(w, r)
	})
}

func (by cameBy) begin() (room bool) {
	by.all.mu.Lock()
	defer by.all.mu.Unlock()
	known := by.all.open[by.conn]
	return known == nil || by.all.streams.begin(known)
}

func (by cameBy) end() {
	by.all.mu.Lock()
	defer by.all.mu.Unlock()
	if known := by.all.open[by.conn]; known != nil { // otherwise it was evicted
		by.all.streams.end(known)
		known.streams--
	}
}
