package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// deviceColumns are the columns of a device authorization.
var deviceColumns = slices.Concat([]column[store.DeviceGrant]{
	col("device_digest", func(g *store.DeviceGrant) any { return (*digestColumn)(&g.Device) }),
	col("user_digest", func(g *store.DeviceGrant) any { return (*digestColumn)(&g.User) }),
	col("session_id", func(g *store.DeviceGrant) any { return &g.SessionID }),
	col("client_id", func(g *store.DeviceGrant) any { return &g.ClientID }),
	col("scope", func(g *store.DeviceGrant) any { return &g.Scope }),
	col("resources", func(g *store.DeviceGrant) any { return (*texts)(&g.Resources) }).orEmpty(),
	col("withdrawn", func(g *store.DeviceGrant) any { return &g.Withdrawn }).byDatabase().from(withdrawnNow),
	col("status", func(g *store.DeviceGrant) any { return &g.Status }),
	col("user_id", func(g *store.DeviceGrant) any { return &g.UserID }),
	col("browser_id", func(g *store.DeviceGrant) any { return &g.BrowserID }),
	col("ip", func(g *store.DeviceGrant) any { return &g.IP }).upTo(64),
	col("network", func(g *store.DeviceGrant) any { return &g.Network }).upTo(64),
	col("created_at", func(g *store.DeviceGrant) any { return (*moment)(&g.CreatedAt) }),
	col("expires_at", func(g *store.DeviceGrant) any { return (*moment)(&g.ExpiresAt) }),
	col("interval_s", func(g *store.DeviceGrant) any { return &g.Interval }),
	col("polled_at", func(g *store.DeviceGrant) any { return (*moment)(&g.PolledAt) }),
}, within(func(g *store.DeviceGrant) *store.SignIn { return &g.SignIn }, signInColumns),
	foundationColumns(func(g *store.DeviceGrant) *store.Foundation { return &g.Foundation },
		func(g *store.DeviceGrant) (int64, string) { return g.UserID, g.ClientID }))

var (
	deviceTable    = roomedTable(tableOf("device_grants", "d.", deviceColumns), "device_grants", "status = 'pending' AND ")
	deviceDecision = part(deviceColumns, append(namesOf(signInColumns), "status", "user_id", "browser_id", "user_gen", "consent_gen")...)
	deviceStands   = "(" + founded("d.", "d.created_at") + " AND COALESCE(b.ended_at, 0) = 0)"
	selectDevices  = "SELECT " + deviceTable.selected + ", " + deviceStands + " FROM device_grants d LEFT JOIN users u ON u.id = d.user_id" +
		joinClient("d.") + joinConsent("d.") + joinBrowser("d.") + " WHERE d.created_at >= " + epochBegan + " AND (u.id IS NOT NULL OR d.user_id = 0)" +
		" AND COALESCE(d.client_gen, d.created_at) >= COALESCE(gc.erased, 0)"
	decideDevice = "UPDATE device_grants SET " + deviceDecision.set + " WHERE device_digest = ? AND status = 'pending' AND expires_at > ?"
)

// AddDevice implements store.Devices.
func (d *DB) AddDevice(ctx context.Context, g store.DeviceGrant, room store.Room) error {
	return deviceTable.addWithin(ctx, d, g, g.ClientID, g.Network, room)
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
	var stands bool
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, selectDevices+" AND d."+column+" = ?", []any{blob(digest[:])}, deviceTable.dest(&g, &stands)...)
	})
	if err != nil {
		return store.DeviceGrant{}, err
	}
	if !stands && g.Status == store.DeviceApproved {
		g.Status = store.DeviceDenied
	}
	return g, nil
}

// PollDevice implements store.Devices. It measures the distance from the last poll in
// both directions, so that no device waits for a clock that was set back.
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

// DecideDevice implements store.DevicesTx. The UPDATE is the gate.
func (t *tx) DecideDevice(g store.DeviceGrant, now time.Time) (decided bool, err error) {
	if g.Status != store.DeviceApproved && g.Status != store.DeviceDenied {
		return false, fmt.Errorf("deciding on a device: %q is not a decision", g.Status)
	}
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, decideDevice, deviceDecision.values(&g, blob(g.Device[:]), millis(now))...)
		decided = n == 1
		return err
	})
	return decided, err
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
func (d *DB) SweepDevices(ctx context.Context, limit, unused time.Time, n int) (int64, error) {
	expired, err := d.Sweep(ctx, "device_grants", "device_digest", "expires_at < ?", n, millis(limit))
	if err != nil || expired >= int64(n) {
		return expired, err
	}
	never, err := d.Sweep(ctx, "device_grants", "device_digest", "expires_at < ? AND status <> 'used'", n-int(expired), millis(unused))
	return expired + never, err
}
