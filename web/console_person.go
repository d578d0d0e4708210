package web

// The pages of the console about one person.
var (
	// ConsolePerson shows all of a person.
	ConsolePerson = consolePage[ConsolePersonData]("console_person")
	// ConsolePersonEdit has the form of a person's names.
	ConsolePersonEdit = consolePage[ConsolePersonFormData]("console_person_edit")
	// ConsolePersonNew has the form for somebody new.
	ConsolePersonNew = consolePage[ConsolePersonFormData]("console_person_new")
	// ConsoleLink shows a one-time link, once.
	ConsoleLink = consolePage[ConsoleLinkData]("console_link")
)

// ConsolePersonData fills ConsolePerson. Admin says that the forms are there.
type ConsolePersonData struct {
	Frame
	PersonRow
	// Version is what the forms carry, and Sub the subject of the person's tokens.
	Version, Sub string
	Facts        []ConsoleFact
	Roles        []ConsoleRole
	Browsers     []AccountBrowser
	// Others are the sessions that began in no browser of the list. Living counts all, and
	// Hidden those of them that the page leaves out.
	Others         []AccountSession
	Living, Hidden int
	Ways           []AccountRow
	Granted        []AccountApp
	Timeline       []ConsoleEvent
	// Back leads to the list that the person was opened from, and Before and After to the
	// people there before and after them; empty: there is nobody.
	Back, Before, After string
	// Self says that it is the person who looks, and Last that it is the last administrator.
	Self, Last bool
	// HasPassword and HasFactors say what there is, and Mails that a link is mailed.
	HasPassword, HasFactors, Mails bool
	// Touched is what ends with a deactivation or a deletion.
	Touched ConsoleEffect
}

// A ConsoleFact is a value of a person. Chip is a word beside it, and Tone the class of its
// colour; empty: none.
type ConsoleFact struct{ Label, Text, Chip, Tone string }

// A ConsoleRole is a role that a person has or could have.
type ConsoleRole struct {
	Role, Name, Text string
	// Now says that the person has it, and Chosen that it was asked about.
	Now, Chosen bool
	// Effect is what the change to it touches, and Save what its button says.
	Effect ConsoleEffect
	Save   string
}

// A ConsoleEffect says what a change touches, before it is made.
type ConsoleEffect struct {
	Title string
	Apps  []ConsoleCount
	Notes []string
}

// A ConsoleCount is a number of things of that name.
type ConsoleCount struct {
	Name  string
	Count int
}

// A ConsoleEvent is something that happened to a person.
type ConsoleEvent struct {
	Told
	IP, RequestID string
	At            Moment
}

// ConsolePersonFormData fills the forms of a person.
type ConsolePersonFormData struct {
	Frame
	// Name, Path and Version are those of the person; empty for somebody new.
	Name, Path, Version string
	// Values are what the fields have, Errors what is wrong with them, and Meanwhile what
	// somebody else has written there since the form was shown.
	Values    map[string]string
	Errors    map[string][]string
	Meanwhile []ConsoleFact
	// Mails says that an invitation is mailed, and MinLength is that of passwords.
	Mails     bool
	MinLength int
}

// ConsoleLinkData fills ConsoleLink.
type ConsoleLinkData struct {
	Frame
	// Name and Path are those of the person, and Until is when the link ends.
	Name, Path, Link string
	Invitation       bool
	Until            Moment
}
