package web

// The pages of APIs.
var (
	// ConsoleAPIs lists APIs.
	ConsoleAPIs = consolePage[ConsoleAPIsData]("console_apis")
	// ConsoleAPI shows and changes an API, or asks for a new one.
	ConsoleAPI = consolePage[ConsoleAPIData]("console_api")
	// ConsoleAPIDelete asks whether to delete an API.
	ConsoleAPIDelete = consolePage[ConsoleAPIDeleteData]("console_api_delete")
)

// ConsoleAPIsData fills ConsoleAPIs.
type ConsoleAPIsData struct {
	Frame
	APIs List[APIRow]
}

// An APIRow is an API in a list. Clients says who may ask for it.
type APIRow struct {
	ID, Name, Identifier, Clients string
	Scopes                        int
	Own                           bool
	Used                          Moment
}

// ConsoleAPIData fills ConsoleAPI.
type ConsoleAPIData struct {
	Frame
	// New says that the API is not there yet, and Own that it is ours, of which little can
	// be changed. Path is where the form goes.
	New, Own                          bool
	ID, Path, Name, Identifier, Typed string
	// Version is what the form was shown for.
	Version string
	Holders string
	Used    Moment

	// Scopes are the rows of the form. Lines has them all in place of it, for more than fit.
	Scopes []APIScopeRow
	Lines  string
	// Clients are the rules for who may ask, and Admits says what another would do.
	Clients    []Option
	Admits     []string
	Listed     string
	TokenTypes []Option
	// Algorithms may sign its tokens, and SignsFrom is a hint on when the chosen one does.
	Algorithms    []Option
	SignsFrom     string
	Lifetime      string
	Carried       []Option
	InMetadata    bool
	Introspection string
	// Live says what tokens that are out do after a change.
	Live   string
	Faults map[string][]string

	// Effects say what the change takes away, and Confirm is what the form then carries;
	// empty: nothing.
	Effects []string
	Confirm string

	APIPreview
}

// An APIPreview is what others see of an API.
type APIPreview struct {
	// Reads is what people read at consent.
	Reads []Scope
	// Header and Claims are those of an example of a token, as JSON.
	Header, Claims string
	// Document is the metadata that the API should serve, and Address where; Document is
	// empty for an API that has none.
	Document, Address string
	// Environment are the values that the code reads, and Languages the links to Snippets in
	// each language, of which a page has one at most.
	Environment string
	Languages   []Filter
	Snippets    []Snippet
}

// An APIScopeRow is a scope in the form. At tells the rows apart. There says that the API has
// it already, and Holders how many apps do.
type APIScopeRow struct {
	At                 int
	Name, Text         string
	Sensitive, Removed bool
	There              bool
	Holders            int
}

// ConsoleAPIDeleteData fills ConsoleAPIDelete.
type ConsoleAPIDeleteData struct {
	Frame
	ID, Name, Identifier, Version string
	Effects                       []string
}
