package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	verb  = regexp.MustCompile(`%[-+# 0]*(\[\d+\])?[\d*]*(\.[\d*]+)?[a-zA-Z]`)
	word  = regexp.MustCompile(`[A-Za-z][A-Za-z'-]+`)
	want  = regexp.MustCompile(`\bwant(s|ed)?\b`)
	cause = regexp.MustCompile(`: %[vw](\n%s)?$`) // an error, perhaps followed by the output of a program
	// names matches the values at the start of a message: the name of the case, or
	// the subject of the sentence.
	names = regexp.MustCompile(`^(` + verb.String() + `[ :,]*)+`)
)

const (
	words  = "say in words what was done and what was wanted"
	format = `say in words what was done, with Errorf or Fatalf: "opening the store: %v"`
	wanted = `say what was wanted: "status = %d, want %d"`
)

// judge returns what the message of call lacks. It returns "" for a complete message, and
// for a call that does not fail a test.
func judge(call *ast.CallExpr) string {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 || elsewhere(method.X) {
		return ""
	}
	text, literal := literalText(call.Args[0])
	switch method.Sel.Name {
	case "Error", "Fatal":
		if !literal || len(call.Args) > 1 {
			return format
		}
		return judgeWords(wordsIn(text))
	case "Errorf", "Fatalf":
		if !literal { // a helper passes on the message of its caller
			return ""
		}
		return judgeFormat(strings.ReplaceAll(text, "%%", ""), call.Args[1:])
	}
	return ""
}

// elsewhere reports whether x is a package or a logger with functions of the same names.
func elsewhere(x ast.Expr) bool {
	if made, ok := x.(*ast.CallExpr); ok { // slog.New(…)
		x = made.Fun
		return lastName(x) == "New"
	}
	return slices.Contains([]string{"fmt", "http", "log", "slog"}, lastName(x))
}

func judgeFormat(text string, args []ast.Expr) string {
	said := wordsIn(verb.ReplaceAllString(text, ""))
	if said > 0 && cause.MatchString(text) && slices.ContainsFunc(args, isError) {
		return ""
	}
	switch rest := names.ReplaceAllString(text, ""); {
	case want.MatchString(rest):
		return ""
	case verb.MatchString(rest):
		return wanted
	}
	return judgeWords(said)
}

func judgeWords(said int) string {
	if said < 2 {
		return words
	}
	return ""
}

// wordsIn counts the words of text without err, which says nothing.
func wordsIn(text string) int {
	return len(slices.DeleteFunc(word.FindAllString(text, -1), func(w string) bool { return w == "err" }))
}

// isError reports whether x has the name of an error.
func isError(x ast.Expr) bool {
	name := lastName(x)
	return strings.HasPrefix(strings.ToLower(name), "err") || strings.HasSuffix(name, "Err")
}

// lastName returns the last name in x: Err for a.b.Err and for a.b.Err().
func lastName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.CallExpr:
		return lastName(x.Fun)
	case *ast.IndexExpr:
		return lastName(x.X)
	}
	return ""
}

// literalText returns the text of a string literal, or of several joined by +.
func literalText(x ast.Expr) (text string, ok bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := literalText(x.X)
		right, also := literalText(x.Y)
		return left + right, ok && also
	}
	return "", false
}
