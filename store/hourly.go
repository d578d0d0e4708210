package store

import (
	"cmp"
	"context"
	"strings"
	"time"
)

// A Happening is something that is counted per hour, or sampled once in an hour.
type Happening string

// What is counted. The values are on record, so they never change.
const (
	// SignIns are people who proved who they are, or did not: Detail is "ok" or "refused".
	SignIns Happening = "signin"
	// Tokens are answers with an access token; Detail is the grant.
	Tokens Happening = "token"
	// Scopes are the scopes of these tokens; Detail is one of them.
	Scopes Happening = "scope"
	// Refusals are requests of apps that were refused; Detail is the code (RFC 6749 §5.2).
	Refusals Happening = "refusal"
)

// What is sampled.
const (
	// LivingSessions is how many sessions of apps lived.
	LivingSessions Happening = "sessions"
	// ActivePeople is how many people had signed in within ActiveWithin.
	ActivePeople Happening = "people"
)

// ActiveWithin is how recently a person signed in who counts as active.
const ActiveWithin = 30 * 24 * time.Hour

// An HourlyKey names what a count is of.
type HourlyKey struct {
	Kind Happening
	// ClientID is the app that it concerns; empty for what concerns none, and for the apps
	// beyond those that are counted on their own.
	ClientID string
	Detail   string
}

// An HourlyCount is how often something happened in one hour.
type HourlyCount struct {
	HourlyKey
	// Hour is when the hour began.
	Hour time.Time
	N    int64
}

// Compare orders counts by their keys, and then by hour.
func (c HourlyCount) Compare(other HourlyCount) int {
	return cmp.Or(strings.Compare(c.ClientID, other.ClientID), cmp.Compare(c.Kind, other.Kind),
		strings.Compare(c.Detail, other.Detail), c.Hour.Compare(other.Hour))
}

// A Use is what an app used of a kind since some time: how often, and in which hour last.
type Use struct {
	HourlyKey
	N    int64
	Last time.Time
}

// HourlyCounts keeps what plots show.
type HourlyCounts interface {
	// AddHourly adds the counts to those on record, so that the counts of several replicas
	// add up. No two of them have the same key and hour.
	AddHourly(ctx context.Context, counts ...HourlyCount) error
	// SetHourly records samples in place of those with the same key and hour.
	SetHourly(ctx context.Context, samples ...HourlyCount) error
	// Hourly returns the counts of a kind since a time, those of all apps together, ordered
	// by hour and detail.
	Hourly(ctx context.Context, kind Happening, since time.Time) ([]HourlyCount, error)
	// HourlyOfBusiest returns the counts of a kind since a time for the n apps that have
	// most, without their details and ordered by app and hour.
	HourlyOfBusiest(ctx context.Context, kind Happening, since time.Time, n int) ([]HourlyCount, error)
	// Uses returns what an app used since a time, ordered by kind and detail.
	Uses(ctx context.Context, clientID string, since time.Time) ([]Use, error)
	// CountActive counts the people who are active and have signed in since a time.
	CountActive(ctx context.Context, since time.Time) (int64, error)
	// SweepHourly deletes about n counts of the hours before limit, whole hours, and returns
	// how many.
	SweepHourly(ctx context.Context, limit time.Time, n int) (int64, error)
}
