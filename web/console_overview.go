package web

// ConsoleData fills Console. Fields for administrators alone are empty for others.
type ConsoleData struct {
	Frame
	// Taken is the time of the figures.
	Taken Moment
	// Stretches are the links to the times that the plots can show. Within says which one it
	// is, Per goes with a number of one step of it, and Step is what a step is called; they are
	// sentences of the catalogues.
	Stretches         []Filter
	Within, Per, Step string
	// Needs is what a person has to look at.
	Needs    []Need
	SignIns  SignIns
	Sessions Living
	// Tokens are the apps that got most tokens, and Apps is how many apps there are.
	Tokens []AppTokens
	Apps   int
	// People joined last.
	People List[PersonRow]
	Keys   []KeyFacts
	Parts  []ServerPart
	// Version is that of the server.
	Version string
}

// A Need is something that a person has to look at, and where; Address may be empty.
type Need struct{ Icon, Title, Text, Address, Button string }

// SignIns are the sign-ins of the time that is shown, as a plot and as a table.
type SignIns struct {
	// Label says in a sentence what the plot shows.
	Label       string
	OK, Refused int
	Plot        Plot
	// Top and Half are the numbers at the grid lines above the zero, and Low the one below.
	Top, Half, Low int
	Hours          []HourRow
	// Marks are the words below the plot.
	Marks []string
}

// A Plot is the geometry of a chart: data of paths, and bars below the zero line. Steps
// without data are gaps between the paths.
type Plot struct {
	Areas, Lines []string
	Bars         []Bar
}

// A Bar is a rectangle. Loud ones are unusually long.
type Bar struct {
	X, Y, Width, Height string
	Loud                bool
}

// An HourRow is a step of a plot. Address leads to its events, if the person may see them.
type HourRow struct {
	Text, Title, Address string
	Known                bool
	OK, Refused          int
}

// Living says how many sessions live, and how many people are active. Sampled is when the
// sessions were counted, if that was not just now.
type Living struct {
	Count, People int
	Sampled       Moment
	Label         string
	Plot          Plot
}

// AppTokens are the tokens of an app. Label says in a sentence what the plot shows.
type AppTokens struct {
	Name, Label string
	Total, Peak int
	Plot        Plot
}

// KeyFacts say since when a signing key signs, and when the next one takes over; or, of one
// that does not sign yet, since when it is published and when it will.
type KeyFacts struct {
	Signs       bool
	Since, Next Moment
}

// A ServerPart is a part of the server. Name is a sentence of the catalogues.
type ServerPart struct {
	Name string
	OK   bool
}
