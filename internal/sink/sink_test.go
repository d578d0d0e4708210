package sink

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// TestReplicasWriteEachEventOnce has transactions that end in another order than they began,
// or are undone, while replicas deliver: three, or the only one that SQLite has.
func TestReplicasWriteEachEventOnce(t *testing.T) {
	for name, dsn := range databases() {
		t.Run(name, func(t *testing.T) {
			db := open(t, dsn(t))
			var files []string
			for i := range map[string]int{"SQLite": 1, "MariaDB": 3}[name] {
				files = append(files, filepath.Join(t.TempDir(), strconv.Itoa(i)))
				defer rigged(db, At(files[i])).run(t)()
			}
			act(t, db)
			wantAll(t, db, files...)
			ids, _ := idsIn(t, files...)
			slices.Sort(ids)
			if twice := len(ids) - len(slices.Compact(ids)); twice > 0 {
				t.Errorf("%d lines came twice, want each event once", twice)
			}
			for _, file := range files {
				if ids, broken := idsIn(t, file); !slices.IsSorted(ids) || broken > 0 {
					t.Errorf("%d lines with %d broken ones, in the order of IDs: %t; want that, and none broken", len(ids), broken, slices.IsSorted(ids))
				}
			}
		})
	}
}

// act records events in many transactions at once, some of which take a while or are undone.
func act(t *testing.T, db *sqlstore.DB) {
	errUndone := errors.New("undone")
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for j := range 40 {
				err := db.Write(t.Context(), func(tx store.Tx) error {
					err := tx.Audit(store.AuditEvent{At: time.Now(), Kind: "user.updated", Detail: []byte("{}")})
					time.Sleep(time.Duration((i*j)%5) * time.Millisecond)
					if err == nil && (i+j)%7 == 0 {
						err = errUndone
					}
					return err
				})
				if err != nil && !errors.Is(err, errUndone) {
					t.Errorf("recording an event: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestAFullDiskIsToldAndCaughtUpWith(t *testing.T) {
	folder := t.TempDir()
	file, disk := filepath.Join(folder, "audit.jsonl"), filepath.Join(folder, "disk")
	if err := os.Symlink("/dev/full", file); err != nil {
		t.Fatalf("making a link: %v", err)
	}
	db := open(t, databases()["SQLite"](t))
	r := rigged(db, At(file))
	defer r.run(t)()
	record(t, db, 2*batch+7)
	testkit.Within(t, patience, "the failure is told", func() error {
		if r.failed.Load() < 3 || r.behind.Load() == 0 || !strings.Contains(r.log.String(), fmt.Sprintf("after_id=%d", int64(store.AuditSplit))) || !strings.Contains(r.log.String(), "no space left") {
			return errors.New(r.log.String())
		}
		return nil
	})
	if n := strings.Count(r.log.String(), "could not be written"); n > 10 {
		t.Errorf("%d lines in the log for %d tries, want one a minute", n, r.failed.Load())
	}
	if err := errors.Join(os.Symlink(disk, file+".new"), os.Rename(file+".new", file)); err != nil {
		t.Fatalf("making room: %v", err)
	}
	wantAll(t, db, disk)
	testkit.Within(t, patience, "the end of it is told", func() error {
		if !strings.Contains(r.log.String(), "again") || r.written.Load() != 2*batch+7 || r.behind.Load() != 0 {
			return errors.New(r.log.String())
		}
		return nil
	})
}

// TestADiskWithALittleRoom cuts lines off: they come again, whole.
func TestADiskWithALittleRoom(t *testing.T) {
	folder := t.TempDir()
	testkit.SmallDisk(t, folder, 1)
	empty := testkit.FillDisk(t, folder)
	if err := os.Truncate(filepath.Join(folder, "ballast"), 1<<20-8<<10); err != nil {
		t.Fatalf("making a little room: %v", err)
	}
	db := open(t, databases()["SQLite"](t))
	file := filepath.Join(folder, "audit.jsonl")
	r := rigged(db, At(file))
	defer r.run(t)()
	record(t, db, 2*batch)
	testkit.Within(t, patience, "the disk is full", func() error {
		if r.failed.Load() < 3 {
			return errors.New("nothing failed yet")
		}
		return nil
	})
	empty()
	wantAll(t, db, file)
	ids, broken := idsIn(t, file)
	if broken > int(r.failed.Load()) || len(ids) != 2*batch {
		t.Errorf("%d lines and %d that were cut off, want %d and few", len(ids), broken, 2*batch)
	}
}

// TestAPipeThatNobodyReads holds up neither acts nor the end of the server, and another
// replica takes over.
func TestAPipeThatNobodyReads(t *testing.T) {
	for name, dsn := range databases() {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			pipe, other := filepath.Join(folder, "pipe"), filepath.Join(folder, "other")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatalf("making the pipe: %v", err)
			}
			reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
			if err != nil {
				t.Fatalf("opening the pipe: %v", err)
			}
			defer reader.Close()
			db := open(t, dsn(t))
			blocked := rigged(db, At(pipe))
			stop := blocked.run(t)
			testkit.Within(t, patience, "the pipe is full", func() error {
				record(t, db, batch)
				if !strings.Contains(blocked.log.String(), errBlocked.Error()) {
					return errors.New(blocked.log.String())
				}
				return nil
			})
			before := blocked.written.Load()
			defer rigged(db, At(other)).run(t)()
			record(t, db, batch)
			testkit.Within(t, patience, "another replica goes on", func() error {
				ids, _ := idsIn(t, other)
				parts, err := db.AuditDelivery(t.Context())
				if err != nil || len(ids) == 0 || parts[1].Through != parts[1].Newest || int64(len(ids))+before < parts[1].Newest-store.AuditSplit {
					return errors.New("not all was written")
				}
				return nil
			})
			began := time.Now()
			stop()
			if took := time.Since(began); took > patience {
				t.Errorf("the end took %s, want it not to wait for a reader", took)
			}
		})
	}
}

func TestANewFileAfterARotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(file, []byte(`{"id":1,"kin`), 0o600); err != nil { // of a process that was killed
		t.Fatalf("writing the file: %v", err)
	}
	db := open(t, databases()["SQLite"](t))
	r := rigged(db, At(file))
	r.Patience = patience // a slow disk is not a blocked pipe
	stop := r.run(t)
	record(t, db, 3)
	wantAll(t, db, file)
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatalf("rotating the file: %v", err)
	}
	record(t, db, 3)
	stop() // what is left is written at the end
	wantAll(t, db, file, file+".1")
	old, broken := idsIn(t, file+".1")
	fresh, _ := idsIn(t, file)
	if len(old) != 3 || broken != 1 || len(fresh) != 3 {
		t.Errorf("%d lines, %d broken and %d after the rotation, want 3, 1 and 3", len(old), broken, len(fresh))
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode of the new file: %v, %v; want that nobody else reads it", info.Mode(), err)
	}
}

func TestAMissingIDIsWaitedFor(t *testing.T) {
	var s Settling
	at := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	events := []store.AuditEvent{{ID: 5}, {ID: 6}, {ID: 8}, {ID: 9}, {ID: 12}}
	for _, step := range []struct {
		after  time.Duration
		newest int64
		want   int
	}{
		{0, 9, 2},
		{time.Second, 12, 2},
		{store.AuditCommit - time.Second, 12, 2},
		{time.Millisecond, 12, 4},
		{time.Second, 20, 5},
	} {
		at = at.Add(step.after)
		s.Saw(at, step.newest)
		if got := s.ready(4, events); len(got) != step.want {
			t.Errorf("at %s: %d events are ready, want %d", at, len(got), step.want)
		}
	}
}

// TestAnUpgradeLosesNoEvent: while replicas of the release before record events where they
// always did, and one of them delivers, those of this release deliver the events of both.
func TestAnUpgradeLosesNoEvent(t *testing.T) {
	for name, dsn := range databases() {
		t.Run(name, func(t *testing.T) {
			db := open(t, dsn(t))
			file := filepath.Join(t.TempDir(), "audit.jsonl")
			var writers sync.WaitGroup
			for range 3 {
				writers.Go(func() { actAsBefore(t, db) })
			}
			writers.Go(func() { act(t, db) })
			stop := rigged(db, At(file)).run(t)
			writers.Wait()
			actAsBefore(t, db) // by a replica that is stopped last
			wantAll(t, db, file)
			stop()
			ids, broken := idsIn(t, file)
			below := 0
			for _, id := range ids {
				if id <= store.AuditSplit {
					below++
				}
			}
			if all := len(ids); below != 4*actsAsBefore || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != all || broken > 0 {
				t.Errorf("%d lines with %d of the release before, and %d broken; want %d of it, and each once", all, below, broken, 4*actsAsBefore)
			}
		})
	}
}

const actsAsBefore = 40

// actAsBefore records events as the release before does.
func actAsBefore(t *testing.T, db *sqlstore.DB) {
	for range actsAsBefore {
		_, err := db.Pool().ExecContext(t.Context(), "INSERT INTO audit_events (happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail)"+
			" VALUES (?, 'user.updated', '', '', '', '', '', '', '{}')", time.Now().UnixMilli())
		if err != nil {
			t.Errorf("recording an event: %v", err)
		}
	}
}

// TestADeliveryOfTheReleaseBeforeGoesOn: it knows only its own position.
func TestADeliveryOfTheReleaseBeforeGoesOn(t *testing.T) {
	for name, dsn := range databases() {
		t.Run(name, func(t *testing.T) {
			db := open(t, dsn(t))
			if _, err := db.Pool().ExecContext(t.Context(), "DELETE FROM audit_deliveries"); err != nil {
				t.Fatalf("undoing the beginning: %v", err)
			}
			actAsBefore(t, db)
			if _, err := db.Pool().ExecContext(t.Context(), "INSERT INTO audit_deliveries (only_one, through) SELECT 1, COALESCE(MAX(id), 0) FROM audit_events"); err != nil {
				t.Fatalf("beginning as the release before: %v", err)
			}
			file := filepath.Join(t.TempDir(), "audit.jsonl")
			record(t, db, 3)
			actAsBefore(t, db)
			defer rigged(db, At(file)).run(t)()
			testkit.Within(t, patience, "what came after the beginning is written", func() error {
				if ids, _ := idsIn(t, file); len(ids) != 3+actsAsBefore {
					return fmt.Errorf("%d lines", len(ids))
				}
				return nil
			})
		})
	}
}
