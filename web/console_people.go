package web

// The pages of the people in the console.
var (
	// ConsolePeople lists people, and ConsolePeopleList is its list alone.
	ConsolePeople     = consolePage[ConsolePeopleData]("console_people")
	ConsolePeopleList = ConsolePeople.only("list")
	// ConsoleBulk is the dry run of an act on many people.
	ConsoleBulk = consolePage[ConsoleBulkData]("console_bulk")
	// ConsoleJobs lists such acts.
	ConsoleJobs = consolePage[ConsoleJobsData]("console_jobs")
	// ConsoleJob shows how far one has come, and ConsoleJobProgress is that alone.
	ConsoleJob         = consolePage[ConsoleJobData]("console_job")
	ConsoleJobProgress = ConsoleJob.only("progress")
)

// ConsolePeopleData fills ConsolePeople. Search is what was asked for, and Kept are the filters
// beside it.
type ConsolePeopleData struct {
	Frame
	People List[PersonRow]
	Search string
	Kept   []Hidden
	Chips  []Filter
	// CountAll is the address of the page with all people counted; empty if they are.
	CountAll string
}

// Filtered says that not everybody is listed.
func (d ConsolePeopleData) Filtered() bool { return d.Search != "" || len(d.Kept) > 0 }

// A Hidden is a hidden field of a form.
type Hidden struct{ Name, Value string }

// A PersonRow is a person in a list. Factor is a sentence of the catalogues; empty for none.
type PersonRow struct {
	ID                                  int64
	Address                             string
	Name, Username, Email, Role, Factor string
	Active, Verified                    bool
	Seen, Joined                        Moment
	Found                               Found
}

// Found are texts of a person with what a search found in them.
type Found struct{ Name, Username, Email []Match }

// A Match is a part of a text; Found says that the search found it.
type Match struct {
	Text  string
	Found bool
}

// ConsoleBulkData fills ConsoleBulk.
type ConsoleBulkData struct {
	Frame
	// Act is the value of the form's field. Deactivate says that people are deactivated, and
	// not only signed out.
	Act        string
	Deactivate bool
	// People is how many it concerns, and Names are the first of them. Filters are sentences of
	// the catalogues, and Others how many are not named.
	People  int
	Names   []string
	Others  int
	Filters []string
	// Yourself says that the person who asks is left out.
	Yourself bool
	// Typing says that the number must be typed; Typed is what was, and Fault what is wrong
	// with it.
	Typing       bool
	Typed, Fault string
	Hidden       []Hidden
	Back         string
}

// Search returns the words that were searched for.
func (d ConsoleBulkData) Search() string {
	for _, h := range d.Hidden {
		if h.Name == "search" {
			return h.Value
		}
	}
	return ""
}

// ConsoleJobsData fills ConsoleJobs.
type ConsoleJobsData struct {
	Frame
	Jobs []Job
}

// ConsoleJobData fills ConsoleJob.
type ConsoleJobData struct {
	Frame
	Job Job
}

// A Job is an act on many people. Going says that it is not over.
type Job struct {
	Address, Outcome string
	// Rest is the path of the dry run on those whose turn has not been; empty unless the
	// job was stopped.
	Rest                                     string
	Deactivate, Going                        bool
	Expected, Seen, Changed, Skipped, Failed int
	Begun, Ended                             Moment
}
