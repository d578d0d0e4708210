package events

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/handlers/pages"
	"gatehouse/internal/audit"
	"gatehouse/store"
	"gatehouse/web"
)

// Names has what the people and things of events are called, and where their pages are, by
// their names in the log, such as user:SUB. A Directory finds them.
type Names map[string]web.Part

// Tell tells an event to administrators: who did what to whom. A kind of a later release is
// told by its name.
func Tell(r *http.Request, names Names, event store.AuditEvent) web.Told {
	t := &told{request: r, names: names, event: event}
	_ = json.Unmarshal(event.Detail, &t.detail) // without a detail, the sentence says less
	sentence := event.Kind
	if tell := deeds[event.Kind]; tell != nil {
		sentence = capitalized(tell(t))
	}
	return web.Told{Parts: t.split(sentence), Tone: toneOf(event)}
}

// capitalized begins a sentence with a capital letter, as words such as "somebody" do not.
func capitalized(sentence string) string {
	first, size := utf8.DecodeRuneInString(sentence)
	return string(unicode.ToUpper(first)) + sentence[size:]
}

// toneOf says how an event is marked: what was refused, what is alarming, and what the
// server did by itself differ from what people and apps did.
func toneOf(event store.AuditEvent) string {
	switch {
	case event.Kind == "signin.refused" || event.Kind == "mail.failed":
		return "refused"
	case alarming[event.Kind]:
		return "bad"
	case event.Actor == audit.System:
		return "own"
	}
	return "ok"
}

// A told is an event while it is told.
type told struct {
	request *http.Request
	names   Names
	event   store.AuditEvent
	detail  details
	// parts are the names in the sentence, which has a mark in the place of each.
	parts []web.Part
}

// details are the members of the kinds that sentences mention.
type details struct {
	Method, Reason, What, Network, By, Factor, Scope string
	Username, Name, Purpose, Backup                  string
	People, Expected, Changed                        int64
	Act, Outcome                                     string
	Sessions                                         int
	Elsewhere, Allowed                               bool
	Before, After                                    json.RawMessage
}

// firstMark is the first of the characters that stand for names. They are for private use
// (Unicode §23.5), and no sentence has one.
const firstMark = '\uE000'

// Say is pages.Say, for a sentence whose arguments are marks, words of ours or numbers.
func (t *told) Say(sentence string, args ...any) string {
	return pages.Say(t.request, sentence, args...)
}

// mark returns what stands for a part in a sentence.
func (t *told) mark(p web.Part) string {
	t.parts = append(t.parts, p)
	return string(firstMark + rune(len(t.parts)-1)) //nolint:gosec // G115: a sentence has a few parts
}

// value returns the mark of a text of the log that is not the name of a page.
func (t *told) value(text string) string { return t.mark(web.Part{Text: text, Name: true}) }

// split puts the parts in the places of their marks.
func (t *told) split(sentence string) (all []web.Part) {
	rest := sentence
	for i, r := range sentence {
		at := int(r - firstMark)
		if at < 0 || at >= len(t.parts) {
			continue
		}
		before := sentence[len(sentence)-len(rest) : i]
		if before != "" {
			all = append(all, web.Part{Text: before})
		}
		all = append(all, t.parts[at])
		rest = sentence[i+len(string(r)):]
	}
	if rest != "" {
		all = append(all, web.Part{Text: rest})
	}
	return all
}

// who is the actor, whom the subject, and app the app of the event.
func (t *told) who() string  { return t.named(t.event.Actor) }
func (t *told) whom() string { return t.named(t.event.Subject) }
func (t *told) app() string  { return t.named(audit.ClientSubject(t.event.ClientID)) }

// own reports whether the actor did it to themselves.
func (t *told) own() bool { return t.event.Actor == t.event.Subject }

// named returns the mark of somebody or something by its name in the log.
func (t *told) named(name string) string {
	if part, known := t.names[name]; known {
		return t.mark(part)
	}
	kind, id, _ := strings.Cut(name, ":")
	switch kind {
	case "user":
		if t.detail.Username != "" && name == t.event.Subject {
			return t.value(t.detail.Username)
		}
		return t.Say("a deleted person")
	case "client", "api":
		if t.detail.Name != "" && name == t.event.Subject {
			return t.value(t.detail.Name)
		}
		return t.mark(web.Part{Text: id, Name: true, Code: true})
	case "key":
		return t.mark(web.Part{Text: short(id), Name: true, Code: true})
	}
	return Party(t.request, name)
}

// Party names an actor that is neither a person nor an app.
func Party(r *http.Request, name string) string {
	kind, id, _ := strings.Cut(name, ":")
	switch kind {
	case audit.System:
		return pages.Say(r, "Gatehouse itself")
	case "cli":
		return pages.Say(r, "the command line")
	case "anonymous", "":
		return pages.Say(r, "somebody")
	case audit.Registration:
		return pages.Say(r, "an app that registers itself")
	}
	if id == "" {
		return name
	}
	return id
}

// short returns the beginning of the ID of a key, which people tell keys apart by.
func short(id string) string {
	if len(id) > 10 {
		return id[:10] + "…"
	}
	return id
}
