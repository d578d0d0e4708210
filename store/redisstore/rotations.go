package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/store"
)

// endedMark is how long the mark of an ended session stays if Redis had no state of
// it: longer than a session lives by default, which is 90 days. After that, the record
// alone refuses the session.
const endedMark = 91 * 24 * time.Hour

// margin is how long a state outlives the tokens that it is about: clocks differ.
const margin = time.Hour

// sessionKey returns the key of a session's state. The braces put it into a slot of a
// Cluster by the session alone.
func (s *Store) sessionKey(sid string) []string { return []string{s.prefix + "s:{" + sid + "}"} }

// Rotate implements store.Rotations (scripts/rotate.lua).
func (s *Store) Rotate(ctx context.Context, sid string, step store.Step) (store.Rotation, store.Outcome, error) {
	known, err := pack(step.Known)
	next, otherErr := pack(step.Next)
	if err := errors.Join(err, otherErr); err != nil {
		return store.Rotation{}, 0, fmt.Errorf("rotating a session: %w", err)
	}
	args := []any{
		step.Gen, known, next, step.Grace.Milliseconds(), step.Until.Add(margin).UnixMilli(),
		step.Next.JTI, step.Next.From, step.Next.KeyID, step.Next.Network,
	}

	var outcome store.Outcome
	var last store.Rotation
	err = s.do(ctx, "rotating a session", func(ctx context.Context) error {
		reply, err := s.rotate.Run(ctx, s.client, s.sessionKey(sid), args...).Slice()
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
			replies[i] = run(ctx, p, s.sessionKey(sid), endedMark.Milliseconds())
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
	var fields []any
	err := s.do(ctx, "reading a session's last rotation", func(ctx context.Context) (err error) {
		fields, err = s.client.HMGet(ctx, s.sessionKey(sid)[0], append([]string{"ended", "r", "s"}, fieldsBefore...)...).Result()
		return err
	})
	switch {
	case err != nil:
		return store.Rotation{}, err
	case fields[0] != nil:
		return store.Rotation{}, fmt.Errorf("reading a session's last rotation: it has ended: %w", store.ErrNotFound)
	}
	kept, found, err := keptIn(fields[1:3], fields[3:])
	if err != nil || !found || kept.Gen < known.Gen {
		return known, err
	}
	return kept, nil
}

// keptIn returns the later of the two rotations of a state: its own, and that of the release
// before.
func keptIn(packed, before []any) (kept store.Rotation, found bool, err error) {
	if start, ok := packed[0].(string); ok {
		rest, _ := packed[1].(string)
		if kept, err = unpack(start + rest); err != nil {
			return kept, false, err
		}
		found = true
	}
	if before[0] == nil {
		return kept, found, nil
	}
	older, err := unpackBefore(before)
	if err == nil && (!found || older.Gen > kept.Gen) {
		kept = older
	}
	return kept, err == nil, err
}

// readOutcome parses the reply of rotate.lua.
func readOutcome(reply []any) (last store.Rotation, outcome store.Outcome, err error) {
	if len(reply) != 2 {
		return last, 0, errReply
	}
	code, isCode := reply[0].(int64)
	packed, isText := reply[1].(string)
	if !isCode || !isText {
		return last, 0, errReply
	}
	if outcome = store.Outcome(code); outcome == store.Ended {
		return last, outcome, nil
	}
	last, err = unpack(packed)
	return last, outcome, err
}
