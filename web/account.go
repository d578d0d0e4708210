package web

// The pages on which people manage their own account.
var (
	// AccountOverview is the page at /account.
	AccountOverview = accountPage[AccountOverviewData]("account_overview")
	// AccountProfile has the form of all that a person says of themselves.
	AccountProfile = accountPage[AccountFormData]("account_profile")
	// AccountPassword asks for a new password.
	AccountPassword = accountPage[AccountFormData]("account_password")
	// AccountName asks for a new username.
	AccountName = accountPage[AccountFormData]("account_username")
	// AccountEmail asks for a new e-mail address.
	AccountEmail = accountPage[AccountFormData]("account_email")
	// AccountSessions lists where a person is signed in.
	AccountSessions = accountPage[AccountSessionsData]("account_sessions")
	// AccountApps lists what a person has allowed to apps.
	AccountApps = accountPage[AccountAppsData]("account_apps")
	// AccountActivity lists what happened to an account.
	AccountActivity = accountPage[AccountActivityData]("account_activity")
	// AccountData offers to download all data, and to delete the account.
	AccountData = accountPage[AccountDataData]("account_data")
	// AccountDelete asks whether to delete the account.
	AccountDelete = accountPage[AccountDeleteData]("account_delete")
	// AccountDeleted says that the account is deleted.
	AccountDeleted = page[struct{}]("account_deleted")
)

// AccountOverviewData fills AccountOverview.
type AccountOverviewData struct {
	Frame
	Protection AccountProtection
	// Profile, SigningIn and the others are the rows of the sections.
	Profile, SigningIn, Sessions, Apps, Activity []AccountRow
	// SessionsMore and AppsMore count all of them.
	SessionsMore, AppsMore string
}

// An AccountProtection says how well an account is protected.
type AccountProtection struct {
	Good        bool
	Title, Text string
	// Link leads to the one thing to look at, and Action names it; empty: none.
	Link, Action string
}

// An AccountRow is a line of a section: a thing, what is to be said of it, and where to
// change it.
type AccountRow struct {
	// Icon is the name of an icon; empty: Title is the name of a value, which is Text.
	Icon, Title, Text string
	// Chip is a word beside the title, and Tone the class of its colour; empty: none.
	Chip, Tone string
	// When is when it happened or was last used; zero: not shown.
	When Moment
	// Link is the page where it is changed, and Action says what happens there; empty: none.
	Link, Action string
}

// AccountFormData fills the pages with a form of fields.
type AccountFormData struct {
	Frame
	Groups []AccountFields
	// HasPassword says that the person has one to prove who they are.
	HasPassword bool
	// Mails says that mail reaches people, and Unverified that the address is not proved.
	Mails, Unverified bool
}

// AccountFields is a group of fields under a heading.
type AccountFields struct {
	Legend string
	Fields []AccountField
}

// An AccountField is a field of a form.
type AccountField struct {
	// Name is the parameter, and ID the attribute, which has no dots.
	Name, ID, Label, Value, Type, Autocomplete, Hint string
	// Lines says that the value may have more than one line.
	Lines    bool
	Required bool
	MaxLen   int
	Errors   []string
}

// DescribedBy returns the ids of the hint and of the faults.
func (f AccountField) DescribedBy() string {
	return describedBy(f.ID, f.Hint != "", len(f.Errors) > 0)
}

// AccountSessionsData fills AccountSessions.
type AccountSessionsData struct {
	Frame
	Browsers []AccountBrowser
	// Apps are the sessions that began in no browser of the list.
	Apps []AccountSession
	// Others says that there is more than this browser.
	Others bool
}

// An AccountBrowser is a browser in which a person is signed in, with the apps that they
// signed in to from there.
type AccountBrowser struct {
	ID, Icon, Device, IP string
	Seen, Since          Moment
	This                 bool
	Apps                 []AccountSession
}

// An AccountSession is a session in an app, of the person with the subject Sub.
type AccountSession struct {
	Sub, ID, App, Icon, Device, IP string
	Used, Since                    Moment
}

// AccountAppsData fills AccountApps.
type AccountAppsData struct {
	Frame
	Apps []AccountApp
}

// An AccountApp is what a person has allowed to an app.
type AccountApp struct {
	ID, Name string
	// Claim is what a client by URL calls itself; empty for a registered one. Agent says that
	// it is one.
	Claim       string
	Agent       bool
	First, Used Moment
	Scopes      []AccountScope
}

// An AccountScope is one thing that an app may do.
type AccountScope struct {
	Token, Text, API string
	Sensitive        bool
}

// AccountActivityData fills AccountActivity.
type AccountActivityData struct {
	Frame
	Events []AccountEvent
	// Older is the address of the page that follows; empty: none does. First says that this
	// is the first one.
	Older string
	First bool
}

// An AccountEvent is something that happened to an account.
type AccountEvent struct {
	Sentence, App, IP string
	// Bad says that it should be looked at.
	Bad bool
	At  Moment
}

// AccountDataData fills AccountData.
type AccountDataData struct{ Frame }

// AccountDeleteData fills AccountDelete.
type AccountDeleteData struct {
	Frame
	// Effects are the sentences that say what ends.
	Effects []string
	// Last says that the person is the last administrator, who cannot go.
	Last bool
	// Fields is the one for the password; empty for a person without one.
	Fields []AccountField
}
