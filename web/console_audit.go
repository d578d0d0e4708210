package web

// A Part is a piece of a sentence about somebody or something.
type Part struct {
	Text string
	// Name says that Text is a name or a value rather than words of ours, and Code that it is
	// written like an address. Address is the path of its page; empty: it has none.
	Name, Code bool
	Address    string
}

// Told is an event of the audit log in a sentence. Tone is "ok", "refused", "bad", or "own"
// for what the server did by itself.
type Told struct {
	Parts []Part
	Tone  string
}

var (
	// ConsoleAudit shows the audit log.
	ConsoleAudit = consolePage[ConsoleAuditData]("console_audit")
	// ConsoleAuditRows shows its rows alone, for a page that follows it.
	ConsoleAuditRows = within[ConsoleAuditData]("layout_rows", "console_audit")
	// ConsoleAuditEvent shows one event.
	ConsoleAuditEvent = consolePage[ConsoleAuditEventData]("console_audit_event")
)

// ConsoleAuditData fills ConsoleAudit.
type ConsoleAuditData struct {
	Frame
	Problem string
	Asked   AuditAsked
	Groups  []AuditGroup
	// Choices are the people who may be meant by the name that was asked for.
	Choices []Filter
	Events  List[AuditEvent]
	// Export is the path of all these events, and Follow, before the number of an event, that
	// of those that are newer; empty on later pages.
	Export, Follow string
}

// AuditAsked is what was asked for. Any says that anything was.
type AuditAsked struct {
	Who, Side, Kind, Request, From, To string
	Any                                bool
}

// An AuditGroup is a choice of kinds. Code says that its text is the name of one.
type AuditGroup struct {
	Value, Text  string
	Code, Chosen bool
}

// An AuditEvent is an event in a list. Day is set in the first of a day. Together is the path
// of all events of its request.
type AuditEvent struct {
	ID, Kind, Day, Clock string
	Told                 Told
	At                   Moment
	App                  Part
	IP, Request          string
	Path, Together       string
}

// ConsoleAuditEventData fills ConsoleAuditEvent.
type ConsoleAuditEventData struct {
	Frame
	Event           AuditEvent
	Actor, Subject  Part
	SessionID, JSON string
	// Changes are the attributes that changed, and Others the other facts of the event.
	Changes, Others []AuditChange
	Same            []AuditEvent
}

// An AuditChange is an attribute before and after.
type AuditChange struct{ Name, Before, After string }
