package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A width is what differs between the vectors of 512 and of 256 bits.
type width struct {
	vector func() VecVirtual
	xor    func(x, y, to Op)
	rotate func(bits uint64, x Op)
	// diagonal is VSHUFPD's operand that takes the second word of each pair of one vector,
	// and the first of the other.
	diagonal U8
}

// A quad is the vectors a, b, c, d of one or more instances of P.
type quad [4]VecVirtual

// half mixes the vectors of each quad: the function GB of RFC 9106 §3.6. The quads do not
// depend on each other, so their instructions alternate.
func (w width) half(quads ...*quad) {
	const a, b, c, d = 0, 1, 2, 3
	for _, step := range []struct {
		x, y, z int
		bits    uint64
	}{{a, b, d, 32}, {c, d, b, 24}, {a, b, d, 16}, {c, d, b, 63}} {
		w.multiplyAdd(step.x, step.y, quads)
		for _, q := range quads {
			w.xor(q[step.x], q[step.z], q[step.z])
		}
		for _, q := range quads {
			w.rotate(step.bits, q[step.z])
		}
	}
}

// multiplyAdd emits x = x + y + 2·low32(x)·low32(y).
func (w width) multiplyAdd(x, y int, quads []*quad) {
	products := make([]VecVirtual, len(quads))
	for i, q := range quads {
		products[i] = w.vector()
		VPMULUDQ(q[x], q[y], products[i])
	}
	for _, q := range quads {
		VPADDQ(q[y], q[x], q[x])
	}
	for i := range quads {
		VPADDQ(products[i], products[i], products[i])
	}
	for i, q := range quads {
		VPADDQ(products[i], q[x], q[x])
	}
}

// rows applies P to quads with all four words of a, b, c and d of a row in one half of
// 256 bits.
func (w width) rows(quads ...*quad) {
	turn := func(left, half, right U8) {
		for _, q := range quads {
			VPERMQ(left, q[1], q[1])
			VPERMQ(half, q[2], q[2])
			VPERMQ(right, q[3], q[3])
		}
	}
	const left, half, right = U8(0b00_11_10_01), U8(0b01_00_11_10), U8(0b10_01_00_11)
	w.half(quads...)
	turn(left, half, right)
	w.half(quads...)
	turn(right, half, left)
}

// columns applies P to columns, given as 8 vectors: the rows of some columns side by
// side. The vectors hold v0 and v1, v2 and v3, and so on, so that most of what turns the
// diagonals is which register is taken.
func (w width) columns(all ...[]VecVirtual) {
	var quads []*quad
	for _, v := range all {
		quads = append(quads, &quad{v[0], v[2], v[4], v[6]}, &quad{v[1], v[3], v[5], v[7]})
	}
	w.half(quads...)
	for i := 0; i < len(quads); i += 2 {
		even, odd := quads[i], quads[i+1]
		even[1], odd[1] = w.cross(even[1], odd[1])
		even[2], odd[2] = odd[2], even[2]
		odd[3], even[3] = w.cross(even[3], odd[3])
	}
	w.half(quads...)
	for i := 0; i < len(quads); i += 2 {
		even, odd := quads[i], quads[i+1]
		odd[1], even[1] = w.cross(even[1], odd[1])
		even[2], odd[2] = odd[2], even[2]
		even[3], odd[3] = w.cross(even[3], odd[3])
		for j := range even {
			all[i/2][2*j], all[i/2][2*j+1] = even[j], odd[j]
		}
	}
}

// cross returns, for each pair of words, (x₁, y₀) and (y₁, x₀).
func (w width) cross(x, y VecVirtual) (xy, yx VecVirtual) {
	xy, yx = w.vector(), w.vector()
	VSHUFPD(w.diagonal, y, x, xy)
	VSHUFPD(w.diagonal, x, y, yx)
	return xy, yx
}
