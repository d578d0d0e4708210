// Package doctor examines the settings and everything around a server: the machine, the
// certificate, the database, the keys. It changes nothing, and gives up on a part that
// does not answer.
package doctor

import (
	"context"
	"time"

	"gatehouse/internal/finding"
)

// patience is how long everything may take: first the settings, then the examinations,
// which run at the same time.
const patience = 12 * time.Second

// FilePatience is how much of that a file of the settings may take, at most twice.
const FilePatience = 2 * time.Second

// An Examination examines one part.
type Examination struct {
	Part string
	Look func(context.Context) finding.List
}

// Examine reads the settings, runs the examinations that they lead to, and returns the
// findings in the order of the examinations. It returns within patience, or little more,
// even if a file system hangs.
func Examine(ctx context.Context, settings func() []Examination) (all finding.List) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	over, cancelOver := context.WithTimeout(context.WithoutCancel(ctx), patience+time.Second) // ctx ends first, so that they can report
	defer cancelOver()
	read := make(chan []Examination, 1)
	go func() { read <- settings() }()
	select {
	case examinations := <-read:
		return run(ctx, over, examinations)
	case <-over.Done():
		all.Fault("settings", "check the file systems of the settings and of the files that they name", "they could not be read within %s", patience)
		return all
	}
}

// run runs the examinations, each until ctx ends, and waits for them until over.
func run(ctx, over context.Context, examinations []Examination) (all finding.List) {
	answers := make([]chan finding.List, len(examinations))
	for i, e := range examinations {
		answers[i] = make(chan finding.List, 1)
		go func() { answers[i] <- e.Look(ctx) }()
	}
	for i, e := range examinations {
		select {
		case some := <-answers[i]:
			all = append(all, some...)
		case <-over.Done(): // one deadline for all of them
			all.Fault(e.Part, "check that it runs and that this machine reaches it", "it could not be examined within %s", patience)
		}
	}
	return all
}
