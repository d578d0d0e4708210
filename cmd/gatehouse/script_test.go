package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary act as the programs that the stories run.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gatehouse": func() { os.Exit(command()) },
		"ask":       func() { os.Exit(askMain(os.Args[1:])) },
	})
}

// TestStories runs testdata/script, which uses the command line as people do. Each story
// has its own folder and free ports.
func TestStories(t *testing.T) {
	testkit.Long(t)
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"ADDR", "ADDR2"} {
				env.Setenv(name, testkit.FreeAddress(t))
			}
			env.Setenv("URL", "http://"+env.Getenv("ADDR"))
			name, value, _ := strings.Cut(testkit.GoRace, "=")
			env.Setenv(name, value)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"soon":   soon,
			"ready":  untilReady,
			"quit":   quit,
			"drains": untilDraining,
			"pick":   pick,
			"find":   find,
		},
	})
}

// untilReady waits until the server of the story is ready.
func untilReady(ts *testscript.TestScript, _ bool, _ []string) {
	var last error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(ts.Getenv("URL") + "/healthz/ready")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
			err = fmt.Errorf("status %s", answer.Status)
		}
		last = err
	}
	ts.Fatalf("the server is not ready, want it ready within 20s: %v", last)
}

// untilDraining waits until the server of the story says that it is shutting down.
func untilDraining(ts *testscript.TestScript, _ bool, _ []string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(ts.Getenv("URL") + "/healthz/ready")
		ts.Check(err)
		answer.Body.Close()
		if answer.StatusCode == http.StatusServiceUnavailable && answer.Close {
			return
		}
	}
	ts.Fatalf("the server does not drain, want it to within 20s")
}

// soon PROGRAM ARGUMENT… runs a program until it succeeds; "! soon" runs it until it
// fails. A running server sees a change within a second, or later on a busy machine.
func soon(ts *testscript.TestScript, neg bool, args []string) {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := ts.Exec(args[0], args[1:]...)
		if (err != nil) == neg {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s still ends with %v after 20s, want a change", strings.Join(args, " "), err)
		}
	}
}

// quit sends a signal to the servers of the story: SIGTERM as a service manager does,
// Ctrl-C for "quit ctrl-c", or, for "quit reload", SIGHUP, which reloads the certificate.
// (testscript has its own command stop, which ends the story as passed.)
func quit(ts *testscript.TestScript, _ bool, args []string) {
	var signal os.Signal = syscall.SIGTERM
	switch {
	case len(args) > 0 && args[0] == "reload":
		signal = syscall.SIGHUP
	case len(args) > 0:
		signal = os.Interrupt
	}
	for _, c := range ts.BackgroundCmds() {
		if c.ProcessState == nil {
			ts.Check(c.Process.Signal(signal))
		}
	}
}

// pick VARIABLE MEMBER sets a variable to a member of the JSON object that was printed
// last.
func pick(ts *testscript.TestScript, _ bool, args []string) {
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &object))
	value, there := object[args[1]]
	if !there {
		ts.Fatalf("no member %s in %v, want one", args[1], object)
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// find VARIABLE FILE REGEXP sets a variable to what the group of the expression matches
// in a file.
func find(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if found == nil {
		ts.Fatalf("%s has nothing like %s, want it", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}

// askMain is "ask METHOD URL [NAME=VALUE]…", or "ask METHOD URL @FILE". It sends a form, or JSON, with the token or the client
// credentials of the environment, prints the body, and fails on a refusal.
func askMain(args []string) int {
	kind, body, err := bodyOf(args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	r, err := http.NewRequest(args[0], args[1], strings.NewReader(body))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	r.Header.Set("Content-Type", kind)
	if token := os.Getenv("TOKEN"); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if id := os.Getenv("CLIENT"); id != "" {
		r.SetBasicAuth(id, os.Getenv("SECRET"))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer answer.Body.Close()
	fmt.Fprintln(os.Stderr, answer.Status)
	_, _ = io.Copy(os.Stdout, answer.Body)
	if answer.StatusCode >= 400 {
		return 1
	}
	return 0
}

// bodyOf returns a form of NAME=VALUE pairs, or the JSON of a file that is given as @FILE.
func bodyOf(args []string) (kind, body string, err error) {
	if len(args) == 1 && strings.HasPrefix(args[0], "@") {
		text, err := os.ReadFile(args[0][1:])
		return "application/json", string(text), err
	}
	values := url.Values{}
	for _, pair := range args {
		name, value, _ := strings.Cut(pair, "=")
		values.Add(name, value)
	}
	return "application/x-www-form-urlencoded", values.Encode(), nil
}
