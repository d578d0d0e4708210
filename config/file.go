package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"gatehouse/internal/suggest"
)

// defaultFile is read if it exists.
const defaultFile = "gatehouse.yaml"

const maxFileBytes = 64 << 10

func (l *loader) fromFile(path string) {
	optional := path == ""
	if optional {
		path = defaultFile
	}
	text, err := l.begin(path, func() (string, error) { return readFile(path) })()
	if optional && errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		l.faults.add(path, "cannot be read: "+err.Error(), "")
		return
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		l.faults.add(path, "is not YAML: "+unreadable(err), "")
		return
	}
	if len(document.Content) == 0 {
		return // empty, or only comments
	}
	if document.Content[0].Kind != yaml.MappingNode {
		l.faults.add(path, "does not consist of \"name: value\" lines", "")
		return
	}
	l.fromYAML(path, document.Content[0].Content)
}

// unreadable returns the parser's message, unless it repeats a value, which may be a
// password that begins with "*" and lacks quotes.
func unreadable(err error) string {
	if strings.Contains(err.Error(), "unknown anchor") {
		return "a value that begins with * needs quotes"
	}
	return err.Error()
}

// fromYAML reads nodes, in which keys and values alternate.
func (l *loader) fromYAML(path string, nodes []*yaml.Node) {
	said := map[string]*given{}
	for i := 0; i+1 < len(nodes); i += 2 {
		key, value := nodes[i], nodes[i+1]
		place := fmt.Sprintf("%s:%d", path, key.Line)
		text, ok := scalar(value)
		switch {
		case said[key.Value] != nil:
			l.faults.add(key.Value, "occurs twice", place)
		case !ok:
			l.faults.add(key.Value, "is neither a simple value nor a list", place)
			continue
		}
		said[key.Value] = &given{text: text, origin: place}
	}
	var known []string
	for _, s := range l.settings {
		l.offer(s, said[s.YAML], l.fileKey(said, s, path))
		delete(said, s.YAML)
		known = append(known, s.YAML)
	}
	for key, g := range said {
		l.faults.add(key, "is not a setting"+suggest.Question(key, known), g.origin)
	}
}

// fileKey returns what the file says under a secret's name_file. If the file holds
// the secret itself, it must not be readable by everybody.
func (l *loader) fileKey(said map[string]*given, s Setting, path string) *given {
	if !s.Secret {
		return nil
	}
	if direct := said[s.YAML]; direct != nil && NewSecretURL(direct.text).String() != direct.text {
		if err := private(path); err != nil {
			l.faults.add(s.Env, "is in a file that is not private: "+err.Error(), direct.origin)
		}
	}
	key := s.YAML + "_file"
	file := said[key]
	delete(said, key)
	return file
}

// scalar returns the text of a value as written, and joins a list's items by commas.
func scalar(n *yaml.Node) (string, bool) {
	switch {
	case n.Kind == yaml.AliasNode:
		return scalar(n.Alias)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return "", true
	case n.Kind == yaml.ScalarNode:
		return n.Value, true
	case n.Kind != yaml.SequenceNode:
		return "", false
	}
	var items []string
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			return "", false
		}
		items = append(items, item.Value)
	}
	return strings.Join(items, ","), true
}

// begin starts reading in the background and returns a function that waits for the
// result. The wait is bounded, because nobody may ever write to a pipe.
func (l *loader) begin(path string, read func() (string, error)) func() (string, error) {
	type content struct {
		text string
		err  error
	}
	done, over := make(chan content, 1), time.After(l.patience)
	go func() {
		text, err := read()
		done <- content{text, err}
	}()
	return func() (string, error) {
		select {
		case c := <-done:
			return c.text, c.err
		case <-over:
			return "", fmt.Errorf("%s has delivered nothing for %s; if it is a pipe, check that a process writes to it", path, l.patience)
		}
	}
}

// RegularFile refuses a pipe or a device, which can be read only once or never ends. It
// follows links, because Kubernetes mounts files as links. It accepts a missing file;
// opening it gives the better error.
func RegularFile(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file; the server reads it repeatedly, which a pipe does not allow", path)
	}
	return nil
}

// readSecret reads a file that contains only a secret.
func readSecret(path string) (string, error) {
	text, err := readFile(path)
	if err != nil {
		return "", err
	}
	if err := private(path); err != nil {
		return "", err
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

func readFile(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(text) > maxFileBytes {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFileBytes)
	}
	return string(text), err
}

// private refuses a file that everybody may read. It makes an exception for the
// secrets of Docker and Kubernetes, which have that mode but are mounted into one
// container only.
func private(path string) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if strings.HasPrefix(absolute, "/run/secrets/") || strings.HasPrefix(absolute, "/var/run/secrets/") {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o004 != 0 {
		return fmt.Errorf("%s can be read by everybody (mode %04o); chmod 600 it", path, mode)
	}
	return nil
}
