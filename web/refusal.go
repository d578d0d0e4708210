package web

// The pages that tell why requests were refused.
var (
	// Refusal tells of one.
	Refusal = page[RefusalData]("refusal")
	// ConsoleRefusals lists them by kind and app.
	ConsoleRefusals = consolePage[ConsoleRefusalsData]("console_refusals")
)

// RefusalData fills Refusal. Title and Mend are sentences of the catalogues.
type RefusalData struct {
	Code, Title, Section, Parameter, Mend string
	// Detail is for administrators; nil for all others.
	Detail *RefusalDetail
}

// A RefusalDetail is what administrators see of a refusal. Reason and Mend are sentences of
// the catalogues.
type RefusalDetail struct {
	// Given and Expected are the same text but for the part in which they differ.
	Given, Expected                                  MarkedText
	App, AppPath                                     string
	Person, PersonPath                               string
	Code, Endpoint, Section, Parameter, Reason, Mend string
	Sent                                             []NamedText
	Network, RequestID, ID                           string
	At                                               Moment
}

// A MarkedText is a text of which a part is marked.
type MarkedText struct{ Before, Marked, After string }

// There reports whether there is a text.
func (t MarkedText) There() bool { return t != MarkedText{} }

// A NamedText is a parameter and what is kept of it.
type NamedText struct{ Name, Value string }

// ConsoleRefusalsData fills ConsoleRefusals.
type ConsoleRefusalsData struct {
	Frame
	Groups []RefusalGroup
	// App is the client_id whose refusals are shown; empty: those of all.
	App string
}

// A RefusalGroup is the refusals of one kind and app, with the newest.
type RefusalGroup struct {
	Title  string
	Times  int
	Last   Moment
	Newest RefusalDetail
}
