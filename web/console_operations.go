package web

var (
	// ConsoleKeys shows the signing keys.
	ConsoleKeys = consolePage[ConsoleKeysData]("console_keys")
	// ConsoleKeyRetire asks before a key is withdrawn.
	ConsoleKeyRetire = consolePage[ConsoleKeyRetireData]("console_key_retire")
	// ConsoleSessions lists everybody's sessions.
	ConsoleSessions = consolePage[ConsoleSessionsData]("console_sessions")
	// ConsoleSettings shows the settings in force.
	ConsoleSettings = consolePage[ConsoleSettingsData]("console_settings")
)

// ConsoleKeysData fills ConsoleKeys. Every is how long a key signs; empty: until somebody
// rotates.
type ConsoleKeysData struct {
	Frame
	Keys     []KeyRow
	Rings    []KeyRing
	Every    string
	Timeline Timeline
	// Label says in a sentence what the timeline shows.
	Label string
}

// A KeyRing tells of the keys of one algorithm. Signing is the key that signs, empty before
// the first does, and Next the one that takes over in NextIn; without one, a key published now
// would sign at SignsAt.
type KeyRing struct{ Algorithm, Signing, Next, NextIn, SignsAt string }

// A KeyRow is a key in the table. Until is when it is gone; Planned says that this, and when
// it stops signing, follows from the schedule alone. Retire is the path that withdraws it.
type KeyRow struct {
	ID, Short, Algorithm       string
	State, Words               string
	Published, SignFrom, Until Moment
	Planned                    bool
	Retire                     string
}

// A Timeline is a drawing of the keys, in its own units.
type Timeline struct {
	Width, Height, Left, Now int
	NowText                  string
	Rows                     []TimelineRow
	Ticks                    []Tick
}

// A TimelineRow is the row of a key. From Gone to End it is gone.
type TimelineRow struct {
	Y, Gone, End int
	Name, State  string
	Bars         []KeyBar
}

// A KeyBar is a time of a key: "published", "signing" or "verifying".
type KeyBar struct {
	Kind, Title string
	X, Width    int
}

// A Tick is a date below the timeline.
type Tick struct {
	X    int
	Text string
}

// NameY is where the name in a row is.
func (r TimelineRow) NameY() int { return r.Y + 16 }

// StateY is where the state in a row is.
func (r TimelineRow) StateY() int { return r.Y + 32 }

// BarY is where the bar of a row is.
func (r TimelineRow) BarY() int { return r.Y + 6 }

// DotY is where the dot of a row is.
func (r TimelineRow) DotY() int { return r.Y + 20 }

// Foot is where the dates are.
func (t Timeline) Foot() int { return t.Height - 6 }

// Bottom is where the lines end.
func (t Timeline) Bottom() int { return t.Height - 22 }

// ConsoleKeyRetireData fills ConsoleKeyRetire.
type ConsoleKeyRetireData struct {
	Frame
	Key     KeyRow
	Effects []string
}

// ConsoleSessionsData fills ConsoleSessions. Of is "" for sessions in apps, "browsers", or
// "ended".
type ConsoleSessionsData struct {
	Frame
	Of       string
	Lists    []Filter
	Sessions List[SessionRow]
}

// A SessionRow is a session in a list. PersonID is set for that of a browser. Gen counts its
// refresh tokens. Ended and Why are empty while it lives.
type SessionRow struct {
	ID, PersonID, Username string
	Person, App            Part
	Device, Icon, Place    string
	Began, Used, Ended     Moment
	Why                    string
	Gen                    int64
}

// ConsoleSettingsData fills ConsoleSettings. Changed counts the settings that are not at
// their defaults.
type ConsoleSettingsData struct {
	Frame
	Settings []SettingRow
	Changed  int
}

// A SettingRow is a setting in force. Words says that Value is in words of ours.
type SettingRow struct {
	Name, Value, Default, Origin string
	Meaning                      []Part
	Set, Words                   bool
}
