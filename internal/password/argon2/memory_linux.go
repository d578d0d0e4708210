package argon2

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	blockBytes = blockWords * 8
	outside    = true
)

// allocate returns n blocks outside Go's heap. Inside, they would count as live, and the
// collector would let the garbage of everything else grow with them; and it alone would
// decide when they go. Huge pages make a hash faster by about a tenth.
func allocate(n int) []block {
	bytes, err := unix.Mmap(-1, 0, n*blockBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		panic("argon2: no memory: " + err.Error()) // make would end the process
	}
	_ = unix.Madvise(bytes, unix.MADV_HUGEPAGE)                 // not every system has them
	return unsafe.Slice((*block)(unsafe.Pointer(&bytes[0])), n) //nolint:gosec // G103: mmap returned n blocks, and pages are aligned
}

func release(blocks []block) {
	if len(blocks) == 0 {
		return
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&blocks[0])), len(blocks)*blockBytes) //nolint:gosec // G103: the reverse of allocate
	if err := unix.Munmap(bytes); err != nil {
		panic("argon2: giving memory back: " + err.Error()) // it fails only for what mmap did not return
	}
}
