package sqlstore

import (
	"fmt"
	"strings"
	"time"
)

// A partition of audit_log has the events before a time, from where the one before it ends.
// The last one, later, has no end.
type partition struct {
	name   string
	before int64 // in milliseconds; 0: later
}

const (
	// later is the last partition. The others are split off it while it is empty or nearly so.
	later = "later"
	// aheadOf is how far ahead of now there are partitions, in case none can be made for a while.
	aheadOf = 7 * day
	day     = 24 * time.Hour
	// partitionsKept is into how many parts the time that events are kept is divided: a page
	// looks into each of them.
	partitionsKept = 32
	// endsAt is when partitions end, in UTC. They are made and dropped then, which breaks a
	// dump that runs; those run at night.
	endsAt = 12 * time.Hour
)

// width is how much time a partition has: whole days.
func width(keep time.Duration) time.Duration {
	return max(day, (keep/partitionsKept + day - 1).Truncate(day))
}

// endAfter returns when the first partition of that width ends which begins at t or later.
func endAfter(t time.Time, width time.Duration) time.Time {
	since := t.UnixMilli() - endsAt.Milliseconds()
	return time.UnixMilli((since/width.Milliseconds()+1)*width.Milliseconds() + endsAt.Milliseconds()).UTC()
}

// missing returns the partitions to split off later, so that there are some ahead of now.
func missing(have []partition, now time.Time, keep time.Duration) (all []partition) {
	from := now
	for _, p := range have {
		if end := time.UnixMilli(p.before); end.After(from) {
			from = end
		}
	}
	return partitionsFrom(from, now, keep)
}

// partitionsFrom returns the partitions from a time on, and those ahead of now.
func partitionsFrom(from, now time.Time, keep time.Duration) (all []partition) {
	for from.Before(now.Add(aheadOf)) {
		from = endAfter(from, width(keep))
		all = append(all, partition{"until_" + from.Format("20060102"), from.UnixMilli()})
	}
	return all
}

// SplitAudit returns the statement that partitions a log, however it was, as it would be if
// servers had run since from.
func SplitAudit(from, now time.Time, keep time.Duration) string {
	return "ALTER TABLE audit_log PARTITION BY RANGE (happened_at) " + ranges(partitionsFrom(from, now, keep))
}

// past returns the partitions of which every event is from before limit.
func past(have []partition, limit time.Time) (all []partition) {
	for _, p := range have {
		if p.before > 0 && p.before <= limit.UnixMilli() {
			all = append(all, p)
		}
	}
	return all
}

// splitting is the statement that splits partitions off later.
func splitting(off []partition) string {
	return "ALTER TABLE audit_log REORGANIZE PARTITION " + later + " INTO " + ranges(off)
}

// ranges lists partitions, and later behind them, as statements define them.
func ranges(all []partition) string {
	var s strings.Builder
	s.WriteString("(")
	for _, p := range all {
		fmt.Fprintf(&s, "PARTITION %s VALUES LESS THAN (%d), ", p.name, p.before)
	}
	return s.String() + "PARTITION " + later + " VALUES LESS THAN MAXVALUE)"
}

// dropping is the statement that drops partitions, with what is in them.
func dropping(some []partition) string {
	return "ALTER TABLE audit_log DROP PARTITION " + namesOfPartitions(some)
}

// namesOfPartitions lists partitions.
func namesOfPartitions(some []partition) string {
	all := make([]string, len(some))
	for i, p := range some {
		all[i] = p.name
	}
	return strings.Join(all, ", ")
}
