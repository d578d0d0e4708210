package web

// The pages of an app in the console.
var (
	// ConsoleAppNew registers an app.
	ConsoleAppNew = consolePage[ConsoleAppNewData]("console_app_new")
	// ConsoleApp shows an app.
	ConsoleApp = consolePage[ConsoleAppData]("console_app")
	// ConsoleAppEdit changes an app.
	ConsoleAppEdit = consolePage[ConsoleAppEditData]("console_app_edit")
	// ConsoleAppAct asks before something is done to an app.
	ConsoleAppAct = consolePage[ConsoleAppActData]("console_app_act")
	// ConsoleAppSecret shows a secret once.
	ConsoleAppSecret = consolePage[ConsoleAppSecretData]("console_app_secret")
)

// An AppHead is what all pages of an app begin with. Kind is a sentence of the catalogues.
type AppHead struct {
	Name, ID, Kind string
	// Path is that of the app's page.
	Path            string
	Off, FirstParty bool
	Used, Created   Moment
}

// An AppField is a field of an app's form.
type AppField struct {
	// Name is the parameter. ID is the attribute, which has no dots.
	Name, ID, Label, Hint, Value string
	// Draw says how the field is drawn: text, area, flag, choice, set or lines.
	Draw    string
	Options []AppOption
	Lines   []AppLine
	Errors  []string
	// Now is the value that somebody else has saved meanwhile; empty: the one shown.
	Now string
}

// An AppOption is one of the values of a choice or of a set.
type AppOption struct {
	Name, ID, Value, Text, Note string
	Chosen                      bool
}

// An AppLine is one line of a list. Meant is what its writer meant, if it is wrong.
type AppLine struct {
	Name, ID, Value string
	Errors          []string
	Meant           string
}

// DescribedBy returns the ids of what describes the field.
func (f AppField) DescribedBy() string { return describedBy(f.ID, f.Hint != "", len(f.Errors) > 0) }

// DescribedBy returns the id of the line's faults.
func (l AppLine) DescribedBy() string { return describedBy(l.ID, false, len(l.Errors) > 0) }

// An AppGroup is a group of fields under a heading.
type AppGroup struct {
	Legend string
	Fields []AppField
}

// ConsoleAppNewData fills ConsoleAppNew.
type ConsoleAppNewData struct {
	Frame
	Kinds []AppKind
	// Ours says that people are not asked for consent.
	Ours                  bool
	Name, Returns, Scopes AppField
	// OtherScopes is for the scopes that are not among those to choose from.
	OtherScopes AppField
}

// An AppKind is a kind of app, with what it will be. Sentences are those of the catalogues.
type AppKind struct {
	Name, Icon, Title, Text, Such string
	Chosen                        bool
	Will                          []string
	Command                       string
}

// ConsoleAppData fills ConsoleApp.
type ConsoleAppData struct {
	Frame
	App AppHead
	// Version is what the forms carry.
	Version string
	// Agent is set for an app that nobody registered here.
	Agent *AppAgent
	// Facts are what the app is registered with, by their headings.
	Returns, Bye []string
	Facts        []AppFact
	Lives        []AppFact
	Secrets      []AppSecret
	HasSecret    bool
	Grants       []AppFact
	Scopes       []AppScopes
	Gone         []string
	// PasswordOnly says that people give the app their passwords, and that it has no other
	// way.
	PasswordOnly bool
	Sessions     string
	Snippets     []AppSnippet
	Addresses    []AppFact
}

// An AppAgent is what is known of an app that nobody registered here.
type AppAgent struct {
	Host string
	// Document says that the document at its URL describes it; otherwise it has registered
	// itself.
	Document bool
	Fetched  Moment
	Allowed  Moment
}

// An AppFact is a name with a value.
type AppFact struct {
	Name, Value string
	// Code says that the value is for programs, and Unused that it is something which was not
	// used in the time that is shown.
	Code, Unused bool
}

// An AppSecret is a secret of an app.
type AppSecret struct {
	// Old says that it ends by itself, and Over that it has.
	Old, Over  bool
	Made, Ends Moment
	// Left is how long it still works.
	Left string
}

// AppScopes are the scopes of one API. API is empty for those of OpenID Connect.
type AppScopes struct {
	API    string
	Scopes []AppScope
}

// An AppScope is a scope that an app may ask for, and how often it did. Kept is how the app's
// registration writes it.
type AppScope struct {
	Token, Kept, Text, Used string
	Sensitive, Unused       bool
}

// An AppSnippet is code with the app's own values.
type AppSnippet struct {
	Name, Title string
	Parts       []AppPart
	Chosen      bool
}

// An AppPart is a piece of code. Value says that it is one of the app's own.
type AppPart struct {
	Text  string
	Value bool
}

// ConsoleAppEditData fills ConsoleAppEdit.
type ConsoleAppEditData struct {
	Frame
	App     AppHead
	Version string
	Groups  []AppGroup
	Effect  string
	// Names are the attributes of the form.
	Names string
}

// ConsoleAppActData fills ConsoleAppAct.
type ConsoleAppActData struct {
	Frame
	App     AppHead
	Version string
	// Path is where the form leads.
	Path, Heading, Lead string
	Effects             []string
	// Danger says that it cannot be undone, or hurts.
	Danger  bool
	Choices AppField
	Button  string
}

// ConsoleAppSecretData fills ConsoleAppSecret.
type ConsoleAppSecretData struct {
	Frame
	App            AppHead
	Heading, Text  string
	Secret, Issuer string
}

// An appStop is the form that takes a part, a grant or a scope, from the app of a page.
type appStop struct {
	Page       ConsoleAppData
	Part, Name string
}
