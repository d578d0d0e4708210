package audit

// BulkEnded is the event that an act on many people ended. Each person whom it changed has an
// event of their own.
type BulkEnded struct {
	Act     string `json:"act"`     // "deactivate" or "end_sessions"
	Outcome string `json:"outcome"` // "done", "stopped" or "refused"
	// Expected is how many people it concerned when it began.
	Expected int64 `json:"expected"`
	Changed  int64 `json:"changed"`
	Skipped  int64 `json:"skipped"`
	Failed   int64 `json:"failed"`
}

// PeopleExported is the event that an administrator downloaded a list of people. Complete is
// false if the download broke off.
type PeopleExported struct {
	People   int64 `json:"people"`
	Complete bool  `json:"complete"`
}

// Kind implements Kind.
func (BulkEnded) Kind() string      { return "people.bulk_ended" }
func (PeopleExported) Kind() string { return "people.exported" }
