package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// avx512 keeps the whole block in 16 registers: row r in those of 2r and 2r + 1. It needs
// AVX-512 F.
func avx512() {
	TEXT("blockAVX512", NOSPLIT, signature)
	Pragma("noescape")
	Doc("blockAVX512 sets out to G(prev, ref), or to out XOR G(prev, ref) if xor.")
	w := width{
		vector:   ZMM,
		xor:      func(x, y, to Op) { VPXORQ(x, y, to) },
		rotate:   func(bits uint64, x Op) { VPRORQ(U8(bits), x, x) },
		diagonal: 0b01_01_01_01,
	}
	const vectors, bytes = 16, 64
	in := load()
	v := make([]VecVirtual, vectors)
	for i := range v {
		v[i] = ZMM()
		VMOVDQU64(in.prev.Offset(i*bytes), v[i])
		VPXORQ(in.ref.Offset(i*bytes), v[i], v[i])
	}

	// In pairs of rows, (a b)(c d) and (a′ b′)(c′ d′) become (a a′)(b b′)(c c′)(d d′).
	var quads []*quad
	for i := 0; i < vectors; i += 4 {
		a, b := halves(v[i], v[i+2])
		c, d := halves(v[i+1], v[i+3])
		quads = append(quads, &quad{a, b, c, d})
	}
	w.rows(quads...)
	left, right := make([]VecVirtual, 8), make([]VecVirtual, 8) // four columns each
	for i, q := range quads {
		left[2*i], left[2*i+1] = halves(q[0], q[1])
		right[2*i], right[2*i+1] = halves(q[2], q[3])
	}

	w.columns(left, right)
	finish(func(xor bool) {
		for i := range v {
			x, from := [][]VecVirtual{left, right}[i%2][i/2], ZMM()
			VMOVDQU64(in.prev.Offset(i*bytes), from)
			VPTERNLOGQ(U8(0x96), in.ref.Offset(i*bytes), from, x) // x = x ^ prev ^ ref
			if xor {
				VPXORQ(in.out.Offset(i*bytes), x, x)
			}
			VMOVDQU64(x, in.out.Offset(i*bytes))
		}
	})
}

// halves returns the lower halves of x and y, and their upper halves.
func halves(x, y VecVirtual) (lower, upper VecVirtual) {
	lower, upper = ZMM(), ZMM()
	VSHUFI64X2(U8(0b01_00_01_00), y, x, lower)
	VSHUFI64X2(U8(0b11_10_11_10), y, x, upper)
	return lower, upper
}
