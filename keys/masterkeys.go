package keys

import "strings"

// MasterKeys are those that a process knows, the configured one first. Each opens
// what it sealed; Rewrap seals the signing keys under the first. Until then all
// goes on under the one that they are sealed under, which every replica knows.
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

// complete reports whether there is a key to seal with, and none that is empty.
func (m MasterKeys) complete() bool {
	for _, k := range m {
		if k.IsZero() {
			return false
		}
	}
	return len(m) > 0
}

// Derive returns keys for one purpose, of each master key. The first is to seal
// with and all are to open with: that of the master key in force comes first, so
// that what one replica seals the others open while the master key is replaced.
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
