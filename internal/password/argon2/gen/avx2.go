package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// avx2 takes two rows at a time from prev XOR ref to the stack, and then two columns at a
// time from there to out.
func avx2() {
	right24 := bytesTurned("right24", 3)
	right16 := bytesTurned("right16", 2)
	TEXT("blockAVX2", 0, signature)
	Pragma("noescape")
	Doc("blockAVX2 sets out to G(prev, ref), or to out XOR G(prev, ref) if xor.")
	w := width{
		vector:   YMM,
		xor:      func(x, y, to Op) { VPXOR(x, y, to) },
		diagonal: 0b01_01,
	}
	w.rotate = func(bits uint64, x Op) {
		switch bits {
		case 32:
			VPSHUFD(U8(0b10_11_00_01), x, x)
		case 24:
			VPSHUFB(right24, x, x)
		case 16:
			VPSHUFB(right16, x, x)
		case 63: // left by 1
			double := YMM()
			VPADDQ(x, x, double)
			VPSRLQ(U8(63), x, x)
			VPXOR(double, x, x)
		}
	}
	const rows, bytes, row = 8, 32, 128
	in, mixed := load(), AllocLocal(rows*row)
	for r := 0; r < rows; r += 2 {
		quads := []*quad{{}, {}}
		for i, q := range quads {
			for j := range q {
				at := (r+i)*row + j*bytes
				q[j] = YMM()
				VMOVDQU(in.prev.Offset(at), q[j])
				VPXOR(in.ref.Offset(at), q[j], q[j])
			}
		}
		w.rows(quads...)
		for i, q := range quads {
			for j := range q {
				VMOVDQU(q[j], mixed.Offset((r+i)*row+j*bytes))
			}
		}
	}
	for c := 0; c < row; c += bytes {
		v := make([]VecVirtual, rows)
		for r := range v {
			v[r] = YMM()
			VMOVDQU(mixed.Offset(r*row+c), v[r])
		}
		w.columns(v)
		for r := range v {
			VMOVDQU(v[r], mixed.Offset(r*row+c))
		}
	}
	finish(func(xor bool) {
		for at := 0; at < rows*row; at += bytes {
			x := YMM()
			VMOVDQU(mixed.Offset(at), x)
			VPXOR(in.prev.Offset(at), x, x)
			VPXOR(in.ref.Offset(at), x, x)
			if xor {
				VPXOR(in.out.Offset(at), x, x)
			}
			VMOVDQU(x, in.out.Offset(at))
		}
	})
}

// bytesTurned returns VPSHUFB's operand that rotates each word of 64 bits to the right.
func bytesTurned(name string, by int) Mem {
	table := GLOBL(name, RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(i%16/8*8+(i%8+by)%8))
	}
	return table
}
