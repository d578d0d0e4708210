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

	"gatehouse/internal/password"
)

// A yardstick says what the two units of cost take on this machine, in CPU time:
// one RS256 signature and one password hash. The rig is idle while it measures
// itself, so its own CPU time is that of the work.
type yardstick struct {
	key    *rsa.PrivateKey
	hasher *password.Hasher
}

// calibrateFor is how long each unit is measured, before and after each endpoint.
const calibrateFor = 250 * time.Millisecond

func newYardstick() (yardstick, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return yardstick{}, fmt.Errorf("making the yardstick's key: %w", err)
	}
	return yardstick{key: key, hasher: password.New(password.Options{})}, nil
}

// units are the costs of one of each.
type units struct{ signature, hash time.Duration }

// mean is the mean of what was measured before and after.
func (u units) mean(v units) units {
	return units{signature: (u.signature + v.signature) / 2, hash: (u.hash + v.hash) / 2}
}

// measure measures a signature, and a hash where one is asked for.
func (y yardstick) measure(ctx context.Context, hash bool) (u units, err error) {
	if u.signature, err = cost(calibrateFor, 1, y.sign); err != nil || !hash {
		return u, err
	}
	u.hash, err = cost(calibrateFor, 1, func() error {
		_, err := y.hasher.Hash(ctx, knownPassword)
		return err
	})
	return u, err
}

// sign makes one RSASSA-PKCS1-v1_5 signature with SHA-256 (RFC 7518 §3.3).
func (y yardstick) sign() error {
	digest := sha256.Sum256([]byte("header.payload"))
	_, err := rsa.SignPKCS1v15(rand.Reader, y.key, crypto.SHA256, digest[:])
	return err
}

// signCrowded is the cost of a signature while every core makes one. Where cores
// are threads of one core, or their clock falls under load, it is dearer than one
// alone, and so is everything a server does under load.
func (y yardstick) signCrowded() (time.Duration, error) {
	const each = 10
	cores := runtime.GOMAXPROCS(0)
	return cost(4*calibrateFor, each*cores, func() error {
		errs := make([]error, cores)
		var wg sync.WaitGroup
		for i := range cores {
			wg.Go(func() {
				for range each {
					errs[i] = errors.Join(errs[i], y.sign())
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	})
}

// cost is the CPU time of one unit, of which f makes a few.
func cost(d time.Duration, few int, f func() error) (time.Duration, error) {
	before, made := ownCPU(), 0
	for start := time.Now(); time.Since(start) < d; made += few {
		if err := f(); err != nil {
			return 0, fmt.Errorf("measuring a unit: %w", err)
		}
	}
	return (ownCPU() - before) / time.Duration(made), nil
}

// ownCPU is the CPU time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err)) // it fails for wrong arguments alone
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
