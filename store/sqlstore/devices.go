package sqlstore

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A deviceRow is a device authorization.
type deviceRow struct {
	DeviceDigest []byte `gorm:"primaryKey"`
	UserDigest   []byte
	SessionID    string
	ClientID     string
	Scope        string
	Status       string
	UserID       int64
	BrowserID    string
	AuthTime     int64
	AMR          string `gorm:"column:amr"`
	IP           string `gorm:"column:ip"`
	Created      int64  `gorm:"column:created_at"`
	ExpiresAt    int64
	IntervalS    int `gorm:"column:interval_s"`
	PolledAt     int64
}

// TableName implements gorm's Tabler.
func (deviceRow) TableName() string { return "device_grants" }

func rowOfDevice(g store.DeviceGrant) deviceRow {
	return deviceRow{
		DeviceDigest: g.Device[:], UserDigest: g.User[:], SessionID: g.SessionID, ClientID: g.ClientID, Scope: g.Scope,
		Status: string(g.Status), UserID: g.UserID, BrowserID: g.BrowserID, AuthTime: millis(g.AuthTime), AMR: list(g.AMR),
		IP: text(g.IP, 64), Created: millis(g.CreatedAt), ExpiresAt: millis(g.ExpiresAt), IntervalS: g.Interval, PolledAt: millis(g.PolledAt),
	}
}

// AddDevice implements store.Devices.
func (d *DB) AddDevice(ctx context.Context, g store.DeviceGrant) error {
	row := rowOfDevice(g)
	return d.Change(ctx, func(db *gorm.DB) error { return db.Create(&row).Error })
}

// DeviceByUserCode implements store.Devices.
func (d *DB) DeviceByUserCode(ctx context.Context, user store.Digest) (store.DeviceGrant, error) {
	return d.device(ctx, "user_digest", user)
}

// DeviceByDeviceCode implements store.Devices.
func (d *DB) DeviceByDeviceCode(ctx context.Context, device store.Digest) (store.DeviceGrant, error) {
	return d.device(ctx, "device_digest", device)
}

func (d *DB) device(ctx context.Context, column string, digest store.Digest) (g store.DeviceGrant, err error) {
	var authTime, created, expires, polled int64
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT device_digest, user_digest, session_id, client_id, scope, status, user_id, browser_id, auth_time, amr, ip,"+
			" created_at, expires_at, interval_s, polled_at FROM device_grants WHERE "+column+" = ? AND created_at >= "+epochBegan, []any{blob(digest[:])},
			(*digestColumn)(&g.Device), (*digestColumn)(&g.User), &g.SessionID, &g.ClientID, &g.Scope, &g.Status, &g.UserID, &g.BrowserID,
			&authTime, (*texts)(&g.AMR), &g.IP, &created, &expires, &g.Interval, &polled)
	})
	if err != nil {
		return store.DeviceGrant{}, err
	}
	g.AuthTime, g.CreatedAt, g.ExpiresAt, g.PolledAt = instant(authTime), instant(created), instant(expires), instant(polled)
	return g, nil
}

// DecideDevice implements store.Devices. The UPDATE is the gate.
func (d *DB) DecideDevice(ctx context.Context, g store.DeviceGrant, now time.Time) (decided bool, err error) {
	if g.Status != store.DeviceApproved && g.Status != store.DeviceDenied {
		return false, fmt.Errorf("deciding on a device: %q is no decision", g.Status)
	}
	err = d.Change(ctx, func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE device_grants SET status = ?, user_id = ?, browser_id = ?, auth_time = ?, amr = ?"+
			" WHERE device_digest = ? AND status = 'pending' AND expires_at > ?",
			g.Status, g.UserID, g.BrowserID, millis(g.AuthTime), list(g.AMR), blob(g.Device[:]), millis(now))
		decided = n == 1
		return err
	})
	return decided, err
}

// PollDevice implements store.Devices. It goes by the distance from the last
// poll: no device waits for a clock that was set back.
func (d *DB) PollDevice(ctx context.Context, device store.Digest, now time.Time) (passed bool, err error) {
	at := millis(now)
	err = d.Change(ctx, func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE device_grants SET polled_at = ? WHERE device_digest = ? AND ABS(? - polled_at) >= interval_s * 1000",
			at, blob(device[:]), at)
		passed = n == 1
		if err != nil || passed {
			return err
		}
		n, err = engine.Exec(db, "UPDATE device_grants SET polled_at = ?, interval_s = interval_s + 5 WHERE device_digest = ?", at, blob(device[:]))
		if err == nil && n == 0 {
			return store.ErrNotFound
		}
		return err
	})
	return passed, err
}

// UseDevice implements store.DevicesTx. The UPDATE is the gate.
func (t *tx) UseDevice(device store.Digest) (used bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE device_grants SET status = 'used' WHERE device_digest = ? AND status = 'approved'", blob(device[:]))
		used = n == 1
		return err
	})
	return used, err
}

// SweepDevices implements store.Devices.
func (d *DB) SweepDevices(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "device_grants", "device_digest", "expires_at < ?", n, millis(limit))
}
