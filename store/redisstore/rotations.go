package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/store"
)

// endedMark is how long the mark of an ended session stays if Redis had no state of
// it: longer than a session lives by default, which is 90 days. After that, the record
// alone refuses the session.
const endedMark = 91 * 24 * time.Hour

// sessionKeys returns the key of a session's state, and the one under which the release
// before keeps it. The braces put both in one slot of a Cluster.
//
// The scripts read both, and write to the old one as well where it exists: while
// replicas of the two releases run side by side, a token that was used at one is used at
// the other, too. An old key ends with its session, and then this one can go.
func (s *Store) sessionKeys(sid string) []string {
	return []string{s.prefix + "s:{" + sid + "}", "gh:s:{" + sid + "}"}
}

// Rotate implements store.Rotations (scripts/rotate.lua).
func (s *Store) Rotate(ctx context.Context, sid string, step store.Step) (store.Rotation, store.Outcome, error) {
	args := []any{step.Gen, step.JTI}
	args = appendRotation(args, step.Known)
	args = appendRotation(args, step.Next)
	args = append(args, step.Grace.Milliseconds(), step.Until.UnixMilli())

	var outcome store.Outcome
	var last store.Rotation
	err := s.do(ctx, "rotating a session", func(ctx context.Context) error {
		reply, err := s.rotate.Run(ctx, s.client, s.sessionKeys(sid), args...).Slice()
		if err != nil {
			return err
		}
		last, outcome, err = readOutcome(reply)
		return err
	})
	if err != nil {
		return store.Rotation{}, 0, err
	}
	return last, outcome, nil
}

// Forget implements store.Rotations (scripts/forget.lua).
func (s *Store) Forget(ctx context.Context, sids ...string) error {
	if len(sids) == 0 {
		return nil
	}
	return s.do(ctx, "forgetting sessions", func(ctx context.Context) error {
		unknown, err := s.forgetAll(ctx, sids, s.forget.EvalSha)
		if err != nil || len(unknown) == 0 {
			return err
		}
		_, err = s.forgetAll(ctx, unknown, s.forget.Eval)
		return err
	})
}

// An evaluation is Script.EvalSha or Script.Eval.
type evaluation func(ctx context.Context, c redis.Scripter, keys []string, args ...any) *redis.Cmd

// forgetAll marks sessions in one round trip. It returns those whose server has not
// loaded the script yet.
func (s *Store) forgetAll(ctx context.Context, sids []string, run evaluation) (unknown []string, err error) {
	replies := make([]*redis.Cmd, len(sids))
	_, err = s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, sid := range sids {
			replies[i] = run(ctx, p, s.sessionKeys(sid), endedMark.Milliseconds())
		}
		return nil
	})
	for i, reply := range replies {
		switch err := reply.Err(); {
		case redis.HasErrorPrefix(err, "NOSCRIPT"):
			unknown = append(unknown, sids[i])
		case err != nil:
			return nil, err
		}
	}
	if len(unknown) == 0 {
		return nil, err
	}
	return unknown, nil
}

// Current implements store.Rotations.
func (s *Store) Current(ctx context.Context, sid string, known store.Rotation) (store.Rotation, error) {
	var states []*redis.SliceCmd
	err := s.do(ctx, "reading a session's last rotation", func(ctx context.Context) error {
		states = nil
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, key := range s.sessionKeys(sid) {
				states = append(states, p.HMGet(ctx, key, append([]string{"ended"}, rotationFields...)...))
			}
			return nil
		})
		return err
	})
	if err != nil {
		return store.Rotation{}, err
	}
	last := known
	for _, state := range states {
		if last, err = later(last, state.Val()); err != nil {
			return store.Rotation{}, err
		}
	}
	return last, nil
}

// later returns the later of a rotation and the state that fields hold. It prefers the
// state if they are of one generation.
func later(known store.Rotation, fields []any) (store.Rotation, error) {
	switch {
	case fields[0] != nil:
		return known, fmt.Errorf("reading a session's last rotation: it has ended: %w", store.ErrNotFound)
	case fields[1] == nil:
		return known, nil
	}
	last, err := readRotation(fields[1:])
	if err != nil || last.Gen >= known.Gen {
		return last, err
	}
	return known, nil
}

// rotationFields are the fields of the last rotation, in readRotation's order.
var rotationFields = []string{"gen", "jti", "prev", "iat", "exp", "role", "kid", "net"}

// appendRotation adds r to a script's arguments, in readRotation's order.
func appendRotation(args []any, r store.Rotation) []any {
	return append(args, r.Gen, r.JTI, r.From, seconds(r.IssuedAt), seconds(r.ExpiresAt), string(r.Role), r.KeyID, r.Network)
}

var errReply = errors.New("a script's reply has an unexpected shape")

// readOutcome parses the reply of rotate.lua.
func readOutcome(reply []any) (store.Rotation, store.Outcome, error) {
	if len(reply) == 0 {
		return store.Rotation{}, 0, errReply
	}
	outcome, ok := reply[0].(int64)
	if !ok {
		return store.Rotation{}, 0, errReply
	}
	last, err := readRotation(reply[1:])
	return last, store.Outcome(outcome), err
}

// readRotation parses the fields of a rotation. The last one, the network, is absent from
// a state of the first releases.
func readRotation(fields []any) (store.Rotation, error) {
	text := make([]string, len(rotationFields))
	if len(fields) != len(text) {
		return store.Rotation{}, errReply
	}
	for i, f := range fields {
		s, ok := f.(string)
		if !ok && (f != nil || i != len(text)-1) {
			return store.Rotation{}, errReply
		}
		text[i] = s
	}
	var numbers [3]int64
	for i, from := range []int{0, 3, 4} {
		n, err := strconv.ParseInt(text[from], 10, 64)
		if err != nil {
			return store.Rotation{}, errReply
		}
		numbers[i] = n
	}
	return store.Rotation{
		Gen: numbers[0], JTI: text[1], From: text[2], IssuedAt: instant(numbers[1]), ExpiresAt: instant(numbers[2]),
		Role: store.Role(text[5]), KeyID: text[6], Network: text[7],
	}, nil
}

// seconds and instant convert a time to and from Unix seconds; 0 is the zero time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func instant(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
