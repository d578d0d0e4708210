//go:build !purego

package argon2

import "golang.org/x/sys/cpu"

// kernels returns those that this processor and its operating system can run, the fastest
// first.
func kernels() []kernel { return available }

var available = supported(cpu.X86.HasAVX512F, cpu.X86.HasAVX2)

func supported(avx512, avx2 bool) (all []kernel) {
	if avx512 {
		all = append(all, kernel{"AVX-512", blockAVX512})
	}
	if avx2 {
		all = append(all, kernel{"AVX2", blockAVX2})
	}
	return all
}
