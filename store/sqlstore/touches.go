package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

const (
	touchSession = "UPDATE sessions SET %s, rotated_at = ?, last_used_at = ? WHERE id = ? AND gen < ? AND ended_at = 0"

	// touchSessions goes through the touches in their order, so that no two replicas wait for
	// each other, and finds each session by its key. It is one text for any number of them.
	touchSessions = "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(64) PATH '$[0]', at BIGINT PATH '$[1]', %s)) AS t" +
		" STRAIGHT_JOIN sessions s ON s.id = t.id SET %s, s.rotated_at = t.at, s.last_used_at = t.at WHERE s.gen < t.gen AND s.ended_at = 0"
)

var (
	touchOne  = fmt.Sprintf(touchSession, rotationTable.set)
	touchMany = touchManySQL()
)

func touchManySQL() string {
	var columns, set []string
	var r store.Rotation
	for i, value := range rotationTable.values(&r) {
		kind, name := "VARCHAR(255)", rotationTable.write[i].name
		if _, number := plain(value).(int64); number {
			kind = "BIGINT"
		}
		columns = append(columns, fmt.Sprintf("%s %s PATH '$[%d]'", name, kind, i+2))
		set = append(set, fmt.Sprintf("s.%s = t.%[1]s", name))
	}
	return fmt.Sprintf(touchSessions, strings.Join(columns, ", "), strings.Join(set, ", "))
}

// plain returns a value of a rotation as JSON has it.
func plain(value any) any {
	switch v := value.(type) {
	case *moment:
		return millis(time.Time(*v))
	case *int64:
		return *v
	}
	return value
}

// TouchSessions implements store.Sessions. On SQLite, where a statement costs no round trip,
// it is a statement for each.
func (d *DB) TouchSessions(ctx context.Context, touches ...store.SessionTouch) error {
	touches = slices.SortedFunc(slices.Values(touches), func(a, b store.SessionTouch) int { return strings.Compare(a.ID, b.ID) })
	switch {
	case len(touches) == 0:
		return nil
	case len(touches) == 1:
		return d.Change(ctx, func(db *gorm.DB) error { return touch(db, touches[0]) })
	case d.Dialect.Name == "mysql":
		return d.touchMany(ctx, touches)
	}
	return d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) error {
			for _, one := range touches {
				if err := touch(db, one); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func touch(db *gorm.DB, t store.SessionTouch) error {
	_, err := engine.Update(db, touchOne, rotationTable.values(&t.Rotation, millis(t.At), millis(t.At), t.ID, t.Rotation.Gen)...)
	return err
}

func (d *DB) touchMany(ctx context.Context, touches []store.SessionTouch) error {
	rows := make([][]any, len(touches))
	for i, t := range touches {
		rows[i] = []any{t.ID, millis(t.At)}
		for _, value := range rotationTable.values(&t.Rotation) {
			rows[i] = append(rows[i], plain(value))
		}
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("touching sessions: %w", err)
	}
	return d.Change(ctx, func(db *gorm.DB) error {
		_, err := engine.Update(db, touchMany, string(list))
		return err
	})
}
