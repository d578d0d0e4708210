package argon2

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

const (
	blockWords    = 128 // of 64 bits: 1 KiB
	slicesPerLane = 4   // of a lane; RFC 9106 §3.4
)

type block = [blockWords]uint64

// A filling is a matrix of blocks that is being computed: row by row a lane, each in
// slices of segment blocks.
type filling struct {
	blocks               []block
	compress             func(out, prev, ref *block, xor bool)
	passes               uint32
	lanes, lane, segment uint32 // lanes is their number, lane the blocks of one
	addresses            *addresses
}

// filling returns one without its blocks, of which the lanes have as many as a multiple of
// four allows (§3.2, step 2).
func (in input) filling(k kernel) filling {
	segment := max(in.memoryKiB/(slicesPerLane*in.lanes), 2)
	return filling{compress: k.compress, passes: in.passes, lanes: in.lanes, lane: slicesPerLane * segment, segment: segment}
}

// start computes the first two blocks of each lane (§3.2, steps 3 and 4).
func (f *filling) start(h0 [blake2b.Size]byte) {
	var seed [blake2b.Size + 8]byte
	var text [blockWords * 8]byte
	copy(seed[:], h0[:])
	for lane := range f.lanes {
		for column := range uint32(2) {
			binary.LittleEndian.PutUint32(seed[blake2b.Size:], column)
			binary.LittleEndian.PutUint32(seed[blake2b.Size+4:], lane)
			stretch(text[:], seed[:])
			b := &f.blocks[lane*f.lane+column]
			for i := range b {
				b[i] = binary.LittleEndian.Uint64(text[8*i:])
			}
		}
	}
}

// run computes the other blocks (§3.2, steps 5 and 6). Within a slice, no lane depends on
// the same slice of another.
func (f *filling) run() {
	for pass := range f.passes {
		for slice := range uint32(slicesPerLane) {
			for lane := range f.lanes {
				f.fill(place{pass, slice, lane})
			}
		}
	}
}

// A place is where a segment is.
type place struct{ pass, slice, lane uint32 }

// fill computes a segment. A block depends on the one before it and on another, which in
// the first half of the first pass does not depend on the password (§3.4.1.3).
func (f *filling) fill(p place) {
	known := p.pass == 0 && p.slice < slicesPerLane/2
	if known {
		f.addresses.begin(f, p)
	}
	first := uint32(0)
	if p.pass == 0 && p.slice == 0 {
		first = 2
	}
	at := p.lane*f.lane + p.slice*f.segment + first
	prev := at - 1
	if first == 0 && p.slice == 0 {
		prev += f.lane
	}
	for i := first; i < f.segment; i++ {
		random := f.blocks[prev][0]
		if known {
			random = f.addresses.at(f, i)
		}
		f.compress(&f.blocks[at], &f.blocks[prev], &f.blocks[f.reference(p, i, random)], p.pass > 0)
		prev, at = at, at+1
	}
}

// reference returns the index of the other block that block i of a segment depends on
// (§3.4.1.1, §3.4.2).
func (f *filling) reference(p place, i uint32, random uint64) uint64 {
	own, lane := uint64(p.lane), random>>32%uint64(f.lanes)
	window, from := (slicesPerLane-1)*f.segment, (p.slice+1)%slicesPerLane*f.segment
	if p.pass == 0 {
		window, from = p.slice*f.segment, 0
		if p.slice == 0 {
			lane = own
		}
	}
	switch {
	case lane == own:
		window += i - 1 // in the order of unsigned numbers: one less for the first
	case i == 0:
		window--
	}
	x := random & 0xffffffff
	back := uint64(window) * (x * x >> 32) >> 32
	return lane*uint64(f.lane) + (uint64(from)+uint64(window)-1-back)%uint64(f.lane)
}

// tag returns the result (§3.2, steps 7 and 8).
func (f *filling) tag(bytes uint32) []byte {
	last := f.blocks[f.lane-1]
	for lane := uint32(1); lane < f.lanes; lane++ {
		for i, word := range &f.blocks[(lane+1)*f.lane-1] {
			last[i] ^= word
		}
	}
	text := make([]byte, 0, blockWords*8)
	for _, word := range last {
		text = binary.LittleEndian.AppendUint64(text, word)
	}
	tag := make([]byte, bytes)
	stretch(tag, text)
	return tag
}

// addresses are the pseudo-random numbers of a segment that do not depend on the
// password (§3.4.1.2). They are made 128 at a time.
type addresses struct{ input, numbers, zero block }

func (a *addresses) begin(f *filling, p place) {
	a.input = block{uint64(p.pass), uint64(p.lane), uint64(p.slice), uint64(f.lanes * f.lane), uint64(f.passes), argon2id}
	if p.pass == 0 && p.slice == 0 {
		a.next(f) // at does not see the first number of the first segment
	}
}

func (a *addresses) at(f *filling, i uint32) uint64 {
	if i%blockWords == 0 {
		a.next(f)
	}
	return a.numbers[i%blockWords]
}

func (a *addresses) next(f *filling) {
	const counter = 6
	a.input[counter]++
	f.compress(&a.numbers, &a.zero, &a.input, false)
	f.compress(&a.numbers, &a.zero, &a.numbers, false)
}
