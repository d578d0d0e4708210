package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func devices() []promise {
	return []promise{
		{"a device comes back as it was, by either code", "AddDevice DeviceByUserCode DeviceByDeviceCode", deviceRoundTrip},
		{"an unknown device is not found", "DeviceByUserCode DeviceByDeviceCode DecideDevice PollDevice UseDevice", noDevice},
		{"both codes are given once", "AddDevice", deviceConflict},
		{"a pending one is decided on once", "DecideDevice", deviceDecided},
		{"an expired one is not decided on", "DecideDevice", deviceExpired},
		{"a decision must be approved or denied", "DecideDevice", deviceUndecided},
		{"polls", "PollDevice", devicePolled},
		{"an approved one is redeemed once", "UseDevice", deviceUsed},
		{"sweeping devices", "SweepDevices", sweptDevices},
	}
}

// newDevice returns a pending device authorization with every field filled that is set
// before a decision.
func newDevice() store.DeviceGrant {
	return store.DeviceGrant{
		Device: store.DigestOf(rand.Text()), User: store.DigestOf(rand.Text()), SessionID: rand.Text(),
		ClientID: "tv", Scope: "openid offline_access", Resources: []string{"https://api.example/é"}, Status: store.DevicePending,
		IP: "2001:db8::ffff:1", Network: "2001:db8::/48", CreatedAt: odd(), ExpiresAt: odd().Add(10 * time.Minute), Interval: 5,
	}
}

// decide returns g with the decision of the first person.
func decide(g store.DeviceGrant, status store.DeviceStatus) store.DeviceGrant {
	g.Status, g.UserID, g.BrowserID, g.SignIn = status, 1, "browser", newSignIn(odd().Add(-time.Minute))
	return g
}

func addDevice(t *testing.T, db store.DB, devices ...store.DeviceGrant) {
	t.Helper()
	for _, g := range devices {
		if err := db.AddDevice(t.Context(), g, store.Room{}); err != nil {
			t.Fatalf("adding the device: %v", err)
		}
	}
}

// device returns the device authorization as it is now.
func device(t *testing.T, db store.DB, d store.Digest) store.DeviceGrant {
	t.Helper()
	g, err := db.DeviceByDeviceCode(t.Context(), d)
	if err != nil {
		t.Fatalf("looking up the device by its device code: %v", err)
	}
	return g
}

// decideOn decides in a transaction of its own.
func decideOn(t *testing.T, db store.DB, g store.DeviceGrant, now time.Time) (decided bool, err error) {
	err = db.Write(t.Context(), func(tx store.Tx) (err error) {
		decided, err = tx.DecideDevice(g, now)
		return err
	})
	return decided, err
}

func useDevice(t *testing.T, db store.DB, d store.Digest) (used bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		used, err = tx.UseDevice(d)
		return err
	})
	return used
}

func deviceRoundTrip(t *testing.T, db store.DB) {
	create(t, db, newUser("ann")) // who decides
	full := decide(newDevice(), store.DeviceApproved)
	full.PolledAt = odd().Add(time.Second)
	filled(t, full, "Foundation", "Withdrawn")
	bare := store.DeviceGrant{Device: store.DigestOf("device"), User: store.DigestOf("user"), Status: store.DevicePending}
	for _, want := range []store.DeviceGrant{newDevice(), full, bare} {
		addDevice(t, db, want)
		same(t, "by device code", device(t, db, want.Device), want)
		got, err := db.DeviceByUserCode(t.Context(), want.User)
		if err != nil {
			t.Errorf("looking up the device by its user code: %v", err)
		}
		same(t, "by user code", got, want)
	}
}

func noDevice(t *testing.T, db store.DB) {
	g := newDevice()
	addDevice(t, db, g)
	_, err := db.DeviceByUserCode(t.Context(), g.Device)
	wantError(t, "the device code as a user code", err, store.ErrNotFound)
	_, err = db.DeviceByDeviceCode(t.Context(), g.User)
	wantError(t, "the user code as a device code", err, store.ErrNotFound)
	_, err = db.PollDevice(t.Context(), g.User, odd())
	wantError(t, "polling with it", err, store.ErrNotFound)
	other := decide(newDevice(), store.DeviceApproved)
	if decided, err := decideOn(t, db, other, odd()); err != nil || decided {
		t.Errorf("decided on an unknown device: %t, %v; want false", decided, err)
	}
	if useDevice(t, db, other.Device) {
		t.Error("an unknown device was redeemed, want a refusal")
	}
	same(t, "the device", device(t, db, g.Device), g)
}

func deviceConflict(t *testing.T, db store.DB) {
	g := newDevice()
	addDevice(t, db, g)
	sameDevice, sameUser := newDevice(), newDevice()
	sameDevice.Device, sameUser.User = g.Device, g.User
	for _, other := range []store.DeviceGrant{sameDevice, sameUser} {
		wantError(t, "AddDevice", db.AddDevice(t.Context(), other, store.Room{}), store.ErrConflict)
	}
	same(t, "the first", device(t, db, g.Device), g)
}

func deviceDecided(t *testing.T, db store.DB) {
	create(t, db, newUser("ann")) // who decides
	for _, status := range []store.DeviceStatus{store.DeviceApproved, store.DeviceDenied} {
		g, other := newDevice(), newDevice()
		addDevice(t, db, g, other)
		want := decide(g, status)
		given := want
		given.Scope, given.ClientID, given.SessionID = "more", "another", "another" // DecideDevice ignores them
		if decided, err := decideOn(t, db, given, odd()); err != nil || !decided {
			t.Errorf("%s: decided is %t, %v; want true", status, decided, err)
		}
		same(t, "decided", device(t, db, g.Device), want)
		for _, second := range []store.DeviceStatus{store.DeviceApproved, store.DeviceDenied} {
			given := decide(g, second)
			given.UserID = 8
			if decided, err := decideOn(t, db, given, odd()); err != nil || decided {
				t.Errorf("%s after %s: decided is %t, %v; want false", second, status, decided, err)
			}
		}
		same(t, "decided once", device(t, db, g.Device), want)
		same(t, "another", device(t, db, other.Device), other)
	}
}

func deviceExpired(t *testing.T, db store.DB) {
	g := newDevice()
	addDevice(t, db, g)
	if decided, err := decideOn(t, db, decide(g, store.DeviceApproved), g.ExpiresAt); err != nil || decided {
		t.Errorf("decided on an expired device: %t, %v; want false", decided, err)
	}
	same(t, "the device", device(t, db, g.Device), g)
}

func deviceUndecided(t *testing.T, db store.DB) {
	g := newDevice()
	addDevice(t, db, g)
	for _, status := range []store.DeviceStatus{store.DevicePending, store.DeviceUsed, ""} {
		if decided, err := decideOn(t, db, decide(g, status), odd()); err == nil || decided {
			t.Errorf("%q as a decision: %t, %v; want false and an error", status, decided, err)
		}
	}
	same(t, "the device", device(t, db, g.Device), g)
}

func devicePolled(t *testing.T, db store.DB) {
	g := newDevice()
	addDevice(t, db, g)
	now := odd()
	for _, tt := range []struct {
		what     string
		after    time.Duration
		passed   bool
		interval int
	}{
		{"the first", 0, true, 5},
		{"after the interval", 5 * time.Second, true, 5},
		{"too early", 4999 * time.Millisecond, false, 10},
		{"after the old interval", 5 * time.Second, false, 15},
		{"after the new interval", 15 * time.Second, true, 15},
		{"by a clock that was set back", -time.Hour, true, 15},
	} {
		now = now.Add(tt.after)
		if passed, err := db.PollDevice(t.Context(), g.Device, now); err != nil || passed != tt.passed {
			t.Errorf("%s: %t, %v; want %t", tt.what, passed, err, tt.passed)
		}
		g.PolledAt, g.Interval = now, tt.interval
		same(t, tt.what, device(t, db, g.Device), g)
	}
}

func deviceUsed(t *testing.T, db store.DB) {
	create(t, db, newUser("ann")) // who decides
	g, other := decide(newDevice(), store.DeviceApproved), decide(newDevice(), store.DeviceApproved)
	addDevice(t, db, g, other)
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if used, err := tx.UseDevice(g.Device); err != nil || !used {
			t.Errorf("redeemed: %t, %v; want true", used, err)
		}
		return errRefused
	})
	wantError(t, "Write", err, errRefused)
	same(t, "after a transaction that failed", device(t, db, g.Device), g)
	if !useDevice(t, db, g.Device) || useDevice(t, db, g.Device) {
		t.Error("the device was not redeemed exactly once, want exactly once")
	}
	g.Status = store.DeviceUsed
	same(t, "redeemed", device(t, db, g.Device), g)
	same(t, "another", device(t, db, other.Device), other)
	for _, status := range []store.DeviceStatus{store.DevicePending, store.DeviceDenied} {
		g := decide(newDevice(), status)
		addDevice(t, db, g)
		if useDevice(t, db, g.Device) {
			t.Errorf("a device that is %s was redeemed, want a refusal", status)
		}
	}
}

func sweptDevices(t *testing.T, db store.DB) {
	create(t, db, newUser("ann")) // who decides
	pending, used := newDevice(), decide(newDevice(), store.DeviceUsed)
	pending.ExpiresAt, used.ExpiresAt = odd(), odd().Add(-time.Millisecond)
	addDevice(t, db, pending, used)
	for range 3 {
		g := decide(newDevice(), store.DeviceApproved)
		g.ExpiresAt = odd().Add(-time.Millisecond)
		addDevice(t, db, g)
	}
	sweep := func(limit time.Time) func(int) (int64, error) {
		return func(n int) (int64, error) { return db.SweepDevices(t.Context(), limit, odd(), n) }
	}
	wantSwept(t, sweep(odd().Add(-time.Second)), 2, 1, 0)
	same(t, "a device that was used", device(t, db, used.Device), used)
	wantSwept(t, sweep(odd()), 1, 0)
	same(t, "device", device(t, db, pending.Device), pending)
}
