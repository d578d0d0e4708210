package sqlstore_test

import (
	"sync"
	"testing"

	"gatehouse/store/sqlstore"
)

// TestInstallation has many callers ask first, at two servers.
func TestInstallation(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			servers := []*sqlstore.DB{migrated(t, dsn), connect(t, dsn)}
			ids := make([]string, 20)
			var wg sync.WaitGroup
			for i := range ids {
				wg.Go(func() {
					id, err := servers[i%len(servers)].Installation(t.Context())
					if err != nil {
						t.Errorf("reading the installation's ID: %v", err)
					}
					ids[i] = id
				})
			}
			wg.Wait()
			for _, id := range ids {
				if id != ids[0] || len(id) < 10 {
					t.Fatalf("callers got the IDs %q, want the same one, of 10 characters or more", ids)
				}
			}
		})
	}
}
