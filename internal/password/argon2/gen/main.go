// The generator of block_amd64.s: argon2's compression function G of RFC 9106 §3.5 by
// AVX-512 and by AVX2.
//
// A block is a matrix of 8 rows of 16 words of 64 bits. G applies the permutation P of
// §3.6 to each row, and then to each of the 8 columns, which are two words wide. In P, 16
// words v0…v15 are four vectors a, b, c, d of four words each. Its first half mixes
// a[i], b[i], c[i], d[i]; its second half mixes the diagonals, for which b, c and d are
// rotated by one, two and three words.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func main() {
	ConstraintExpr("!purego")
	avx512()
	avx2()
	Generate()
}

// arguments are those of a kernel.
type arguments struct{ out, prev, ref Mem }

const signature = "func(out, prev, ref *[128]uint64, xor bool)"

func load() arguments {
	return arguments{
		out:  Mem{Base: Load(Param("out"), GP64())},
		prev: Mem{Base: Load(Param("prev"), GP64())},
		ref:  Mem{Base: Load(Param("ref"), GP64())},
	}
}

// finish emits both endings of a kernel: after the first pass, the old block is mixed in
// (§3.1.2, step 6).
func finish(end func(xor bool)) {
	flag := Load(Param("xor"), GP8())
	TESTB(flag, flag)
	JZ(LabelRef("first"))
	end(true)
	VZEROUPPER()
	RET()
	Label("first")
	end(false)
	VZEROUPPER()
	RET()
}
