package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A redisServer is a server that the rig started.
type redisServer struct {
	process *process
	address string
}

// startRedis starts redis-server as docs/operations.md demands: with an append-only
// file that is synced every second, and without eviction.
func startRedis(ctx context.Context, dir string) (redisServer, error) {
	dir = filepath.Join(dir, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return redisServer{}, fmt.Errorf("starting Redis: %w", err)
	}
	address, err := freeAddress()
	if err != nil {
		return redisServer{}, err
	}
	p, err := startProcess(ctx, dir, "redis-server", os.Environ(), "redis-server", "--bind", "127.0.0.1", "--port", portOf(address),
		"--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction")
	if err != nil {
		return redisServer{}, err
	}
	r := redisServer{process: p, address: address}
	err = p.until(ctx, 20*time.Millisecond, 30*time.Second, func() error { return r.do("PING") })
	if err != nil {
		return redisServer{}, fmt.Errorf("starting Redis: %w", err)
	}
	return r, nil
}

// forget empties the server.
func (r redisServer) forget(context.Context) error { return r.do("FLUSHALL") }

// do sends one command on a connection of its own.
func (r redisServer) do(command string) error {
	c, err := dialRedis(r.address)
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.do(command)
	return err
}

// A redisConn speaks as much of Redis's protocol as the rig needs: commands whose
// arguments have no spaces, and answers that are one string.
type redisConn struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialRedis(address string) (*redisConn, error) {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil, err
	}
	return &redisConn{conn: conn, in: bufio.NewReader(conn)}, nil
}

func (c *redisConn) close() error { return c.conn.Close() }

// do sends an inline command and reads the answer.
func (c *redisConn) do(command string) (string, error) {
	if err := c.conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		return "", fmt.Errorf("sending a command to Redis: %w", err)
	}
	answer, err := c.read()
	if err != nil {
		return "", fmt.Errorf("reading Redis's answer to %s: %w", command, err)
	}
	return answer, nil
}

// read reads a simple string, an error or a bulk string.
func (c *redisConn) read() (string, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	switch {
	case strings.HasPrefix(line, "+"):
		return line[1:], nil
	case strings.HasPrefix(line, "-"):
		return "", errors.New(line[1:])
	case !strings.HasPrefix(line, "$"):
		return "", fmt.Errorf("an unexpected kind of answer: %.40q", line)
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 {
		return "", fmt.Errorf("an invalid length: %.40q", line)
	}
	text := make([]byte, n+len("\r\n"))
	_, err = io.ReadFull(c.in, text)
	return string(text[:n]), err
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // of an address that a listener had
	return port
}
