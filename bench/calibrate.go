package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/argon2"

	"gatehouse/config"
	"gatehouse/internal/password"
)

// A craft makes the two units of cost: RS256 signatures and password hashes. It runs
// in a process of its own (yardstick) that does nothing else, so that the CPU time of
// the process is that of the work.
type craft struct {
	key    *rsa.PrivateKey
	hasher *password.Hasher
}

func newCraft() (craft, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return craft{}, fmt.Errorf("making a key to measure with: %w", err)
	}
	return craft{key: key, hasher: newHasher()}, nil
}

// newHasher returns the hasher of a server with the default settings.
func newHasher() *password.Hasher {
	cfg := config.Default()
	return password.New(password.Options{MemoryKiB: cfg.PasswordMemoryKiB, Iterations: cfg.PasswordIterations})
}

// sign makes one RSASSA-PKCS1-v1_5 signature with SHA-256 (RFC 7518 §3.3).
func (c craft) sign() error {
	digest := sha256.Sum256([]byte("header.payload"))
	_, err := rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, digest[:])
	return err
}

// hash makes one argon2id hash of the default cost.
func (c craft) hash() error {
	_, err := c.hasher.Hash(context.Background(), knownPassword)
	return err
}

// library makes the same hash by golang.org/x/crypto.
func (craft) library() error {
	cfg := config.Default()
	argon2.IDKey([]byte(knownPassword), make([]byte, 16), uint32(cfg.PasswordIterations), uint32(cfg.PasswordMemoryKiB), 1, 32)
	return nil
}

// crowded makes signatures on every core at once. If cores are threads of one core,
// or their clock slows down under load, these cost more than one alone, and so does
// everything that a server does under load.
func (c craft) crowded() error {
	errs := make([]error, cores())
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for range crowdedEach {
				errs[i] = errors.Join(errs[i], c.sign())
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func cores() int { return runtime.GOMAXPROCS(0) }

// crowdedEach is how many signatures each core makes in one round.
const crowdedEach = 10

// cost returns the CPU time of one unit; each call of work makes a few of them. The
// first call warms the caches and is not counted.
func cost(d time.Duration, few int, work func() error) (time.Duration, error) {
	if err := work(); err != nil {
		return 0, fmt.Errorf("measuring a unit: %w", err)
	}
	before, made := ownCPU(), 0
	for start := time.Now(); time.Since(start) < d; made += few {
		if err := work(); err != nil {
			return 0, fmt.Errorf("measuring a unit: %w", err)
		}
	}
	return (ownCPU() - before) / time.Duration(made), nil
}

// ownCPU returns the CPU time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err)) // it fails only for wrong arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
