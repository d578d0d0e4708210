package password

import (
	"sync"

	"gatehouse/internal/password/argon2"
)

// OutsideHeap reports whether hashes are computed outside Go's heap, so that its limit
// does not count them.
func OutsideHeap() bool { return argon2.OutsideHeap() }

// Kernel names the instructions that argon2id hashes are made with.
func Kernel() string { return argon2.Kernel() }

// memories are what argon2id hashes are computed in. One that is free waits for the next
// hash until GiveBack drops it; there are never more than slots, because each hash has one.
type memories struct {
	mu   sync.Mutex
	free []*argon2.Memory
	// keepKiB is the size of the largest that is kept.
	keepKiB uint32
}

func (m *memories) idKey(password, salt []byte, iterations, memoryKiB uint32, threads uint8, keyBytes uint32) []byte {
	if memoryKiB > m.keepKiB {
		m.drop() // their room in the budget is what this foreign hash takes
	}
	one := m.take()
	defer m.put(one)
	return one.IDKey(password, salt, iterations, memoryKiB, threads, keyBytes)
}

func (m *memories) take() *argon2.Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.free) - 1
	if last < 0 {
		return new(argon2.Memory)
	}
	one := m.free[last]
	m.free = m.free[:last]
	return one
}

func (m *memories) put(one *argon2.Memory) {
	if one.KiB() > m.keepKiB {
		one.Free()
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, one)
}

// drop gives the memory that no hash is using back to the operating system.
func (m *memories) drop() {
	m.mu.Lock()
	unused := m.free
	m.free = nil
	m.mu.Unlock()
	for _, one := range unused {
		one.Free()
	}
}
