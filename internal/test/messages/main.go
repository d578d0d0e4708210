// Command messages finds test failures that do not explain themselves.
//
// A failure can be understood from the log alone if its message says what was done and,
// if it prints a measured value, what was wanted. A value at the start of a message names
// the case. Any later value was measured, so the message must say "want", unless it ends
// in an error: "opening the store: %v".
//
// The command reads every test file below the working directory, and every other
// Go file that imports testing.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	found, err := check(os.DirFS("."))
	for _, line := range found {
		_, _ = fmt.Fprintln(os.Stdout, line) // the exit code reports the findings too
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "messages:", err)
	}
	if err != nil || len(found) > 0 {
		os.Exit(1)
	}
}

// check returns a line for every incomplete message below root.
func check(root fs.FS) (found []string, err error) {
	err = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(path):
			return fs.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		source, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		lines, err := checkFile(path, source)
		found = append(found, lines...)
		return err
	})
	return found, err
}

// skipped reports whether the Go tool ignores the folder.
func skipped(folder string) bool {
	name := filepath.Base(folder)
	return name == "testdata" || name == "node_modules" || folder != "." && strings.HasPrefix(name, ".")
}

// checkFile returns a line for every incomplete message in source.
func checkFile(path string, source []byte) (found []string, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, 0)
	if err != nil || !strings.HasSuffix(path, "_test.go") && !importsTesting(file) {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if lack := judge(call); lack != "" {
				found = append(found, fmt.Sprintf("%s: %s", files.Position(call.Pos()), lack))
			}
		}
		return true
	})
	return found, nil
}

func importsTesting(file *ast.File) bool {
	for _, imported := range file.Imports {
		if imported.Path.Value == `"testing"` {
			return true
		}
	}
	return false
}
