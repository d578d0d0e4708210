package web

// ConsoleInspector judges a token that somebody pastes.
var ConsoleInspector = consolePage[ConsoleInspectorData]("console_inspector")

// ConsoleInspectorData fills ConsoleInspector. Judged is nil until a token was pasted. The
// token itself is not on the page.
type ConsoleInspectorData struct {
	Frame
	// APIs are those that can judge, and Scope what the request needs.
	APIs   []Option
	Scope  string
	Judged *InspectorVerdict
}

// An Option is a choice of a list.
type Option struct {
	Value, Text, Hint string
	Chosen            bool
}

// An InspectorVerdict says what an API makes of a token.
type InspectorVerdict struct {
	// Good says that the API takes it. Ending are the last characters of the token.
	Good           bool
	Verdict, Text  string
	Status         int
	Code, Ending   string
	Steps          []InspectorStep
	Header, Claims []InspectorFact
	JSON           string
	// Mend says what to do, and Request is what to send; empty: nothing.
	Mend    []string
	Request string
}

// An InspectorStep is a step of a verifier. Outcome is "good", "bad" or empty.
type InspectorStep struct{ Title, Text, Outcome string }

// An InspectorFact is a member of a token in words. Link leads to what Note is about; empty:
// nowhere. Tone is the class of its colour; empty: none.
type InspectorFact struct{ Name, Value, Note, Link, Linked, Tone string }
