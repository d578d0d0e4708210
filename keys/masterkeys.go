package keys

import "strings"

// MasterKeys are the master keys of a process, the configured one first. Each opens
// what it sealed. Rewrap seals the signing keys under the first; until then every
// replica keeps using the one that they are sealed under, which all replicas have.
type MasterKeys []MasterKey

// find returns the key with that ID, or a *WrongMasterKey.
func (m MasterKeys) find(id string) (MasterKey, error) {
	for _, k := range m {
		if k.ID() == id {
			return k, nil
		}
	}
	return MasterKey{}, &WrongMasterKey{Have: m.ids(), Want: id}
}

// ids names the keys, for people.
func (m MasterKeys) ids() string {
	var ids []string
	for _, k := range m {
		ids = append(ids, k.ID())
	}
	return strings.Join(ids, " or ")
}

// complete reports whether m has at least one key and none of them is empty.
func (m MasterKeys) complete() bool {
	for _, k := range m {
		if k.IsZero() {
			return false
		}
	}
	return len(m) > 0
}

// Derive returns a function that gives the keys for one purpose, one derived from
// each master key. The caller seals with the first and opens with any. The first is
// derived from the master key in force, so that while the master key is being
// replaced, each replica opens what another has sealed.
func (r *Ring) Derive(label string) func() [][32]byte {
	orders := map[string][][32]byte{}
	for i, first := range r.options.Masters {
		order := [][32]byte{first.Derive(label)}
		for j, other := range r.options.Masters {
			if j != i {
				order = append(order, other.Derive(label))
			}
		}
		orders[first.ID()] = order
	}
	return func() [][32]byte { return orders[r.current.Load().masterID] }
}
