package web

// The pages of the console.
var (
	// Console is the overview.
	Console = consolePage[ConsoleData]("console")
	// ConsoleApps lists apps.
	ConsoleApps = consolePage[ConsoleAppsData]("console_apps")
)

// ConsoleAppsData fills ConsoleApps.
type ConsoleAppsData struct {
	Frame
	Apps List[AppRow]
}

// A List is one page of a list.
type List[T any] struct {
	Rows []T
	// Total is the number of rows on all pages.
	Total int
	// Next is the path of the next page; empty on the last. First is the path of the first
	// one, and Later says that this is another.
	Next, First string
	Later       bool
}

// A Filter is a link to the rows of one kind.
type Filter struct {
	Text, Address string
	Chosen        bool
}

// An AppRow is an app in a list. Kind is a sentence of the catalogues.
type AppRow struct {
	Name, ID, Kind string
	// Path is that of its page.
	Path string
	Off  bool
	Used Moment
}

// A Moment is a time in words of the page's language, in full, and as RFC 3339; all are
// empty for never.
type Moment struct{ Text, Full, ISO string }
