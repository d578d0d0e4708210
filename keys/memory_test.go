package keys

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
)

// memory keeps the promises of store.Keys in memory, and can be made to fail.
type memory struct {
	mu     sync.Mutex
	rows   []store.SigningKey
	data   []store.DataKey
	events []store.AuditEvent
	reads  int
	fail   func(method string) error
}

func (m *memory) enter(method string) (leave func(), err error) {
	m.mu.Lock()
	if m.fail != nil {
		err = m.fail(method)
	}
	return m.mu.Unlock, err
}

func (m *memory) SigningKeys(context.Context) ([]store.SigningKey, error) {
	leave, err := m.enter("SigningKeys")
	defer leave()
	m.reads++
	return slices.Clone(m.rows), err
}

func (m *memory) AddSigningKey(_ context.Context, k store.SigningKey, e store.AuditEvent) error {
	leave, err := m.enter("AddSigningKey")
	defer leave()
	if err != nil {
		return err
	}
	before := k.Generation - 1
	if k.Algorithm != store.RS256 {
		before = m.lastRS256()
	}
	for _, row := range m.rows {
		switch {
		case row.ID == k.ID, row.Algorithm == k.Algorithm && row.Generation == k.Generation,
			row.Algorithm == store.RS256 && row.Generation == before && row.MasterKeyID != k.MasterKeyID:
			return store.ErrConflict
		}
	}
	m.rows, m.events = append(m.rows, k), append(m.events, e)
	place := func(k store.SigningKey) int { return slices.Index(store.SigningAlgorithms(), k.Algorithm) }
	slices.SortFunc(m.rows, func(a, b store.SigningKey) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Generation, b.Generation))
	})
	return nil
}

// lastRS256 returns the last generation of RS256.
func (m *memory) lastRS256() (last int64) {
	for _, row := range m.rows {
		if row.Algorithm == store.RS256 {
			last = row.Generation
		}
	}
	return last
}

func (m *memory) RetireSigningKey(_ context.Context, id string, at time.Time, e store.AuditEvent) error {
	leave, err := m.enter("RetireSigningKey")
	defer leave()
	if err != nil {
		return err
	}
	for i := range m.rows {
		if m.rows[i].ID != id {
			continue
		}
		m.rows[i].RetiredAt = at
		if i+1 < len(m.rows) && m.rows[i+1].Algorithm == m.rows[i].Algorithm && m.rows[i+1].SignFrom.After(at) {
			m.rows[i+1].SignFrom = at
		}
		m.events = append(m.events, e)
		return nil
	}
	return store.ErrNotFound
}

func (m *memory) DataKeys(context.Context) ([]store.DataKey, error) {
	leave, err := m.enter("DataKeys")
	defer leave()
	return slices.Clone(m.data), err
}

func (m *memory) AddDataKey(_ context.Context, k store.DataKey) error {
	leave, err := m.enter("AddDataKey")
	defer leave()
	if err != nil {
		return err
	}
	if len(m.data) > 0 || len(m.rows) > 0 && m.rows[len(m.rows)-1].MasterKeyID != k.MasterKeyID {
		return store.ErrConflict
	}
	m.data = append(m.data, k)
	return nil
}

func (m *memory) RewrapKeys(_ context.Context, keys []store.SigningKey, data []store.DataKey, e store.AuditEvent) error {
	leave, err := m.enter("RewrapKeys")
	defer leave()
	if err != nil {
		return err
	}
	if !slices.EqualFunc(m.rows, keys, func(a, b store.SigningKey) bool { return a.ID == b.ID }) {
		return store.ErrConflict
	}
	if len(data) != len(m.data) {
		return store.ErrConflict
	}
	copy(m.data, data)
	for i, k := range keys {
		m.rows[i].Sealed, m.rows[i].MasterKeyID = k.Sealed, k.MasterKeyID
	}
	m.events = append(m.events, e)
	return nil
}

func (m *memory) DeleteSigningKey(_ context.Context, id string) error {
	leave, err := m.enter("DeleteSigningKey")
	defer leave()
	m.rows = slices.DeleteFunc(m.rows, func(k store.SigningKey) bool { return k.ID == id })
	return err
}

func (m *memory) failing(f func(method string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = f
}

// A setClock is moved by hand.
type setClock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *setClock { return &setClock{at: time.Date(2026, 3, 4, 5, 6, 7, 890e6, time.UTC)} }

func (c *setClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *setClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var testMaster = NewMasterKey()

// options returns the options of most tests.
func options(s store.Keys, now func() time.Time) Options {
	return Options{
		Remember: "at+jwt",
		Store:    s, Masters: MasterKeys{testMaster}, Now: now,
		RotateEvery: 24 * time.Hour, PublishLead: 2 * time.Hour, VerifyFor: 15 * 24 * time.Hour,
	}
}

// openRing opens a ring that makes small keys, in a tenth of the time.
func openRing(t testing.TB, o Options) *Ring {
	t.Helper()
	r, err := newRing(o)
	if err != nil {
		t.Fatalf("making a key ring: %v", err)
	}
	r.generate = smallKey
	if err := r.start(t.Context()); err != nil {
		t.Fatalf("starting the key ring: %v", err)
	}
	t.Cleanup(r.Close)
	if _, err := r.snapshot(t.Context()); err != nil {
		t.Fatalf("taking a snapshot of the keys: %v", err)
	}
	return r
}

func smallKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 1024) }

func mustSign(t testing.TB, r *Ring, typ string, claims any) string {
	t.Helper()
	token, err := r.Sign(t.Context(), store.RS256, typ, claims)
	if err != nil {
		t.Fatalf("signing the token: %v", err)
	}
	return token
}

func mustReload(t testing.TB, r *Ring) {
	t.Helper()
	if err := r.reload(t.Context()); err != nil {
		t.Fatalf("reloading the key ring: %v", err)
	}
}

func mustKeep(t testing.TB, r *Ring) {
	t.Helper()
	if err := r.keep(t.Context()); err != nil {
		t.Fatalf("keeping the key ring: %v", err)
	}
}

func states(t testing.TB, r *Ring) []State {
	t.Helper()
	list, err := r.List(t.Context())
	if err != nil {
		t.Fatalf("listing the keys: %v", err)
	}
	var all []State
	for _, k := range list {
		all = append(all, k.State)
	}
	return all
}
