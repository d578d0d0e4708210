package console

import (
	"net/http"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/internal/inspect"
	"gatehouse/web"
)

// A judged is a report in the language of a request.
type judged struct {
	r *http.Request
	inspect.Report
}

// say is pages.Say.
func (j judged) Say(sentence string, args ...any) string { return pages.Say(j.r, sentence, args...) }

// verdict returns a report in words.
func verdict(r *http.Request, report inspect.Report, raw string) *web.InspectorVerdict {
	j := judged{r, report}
	v := &web.InspectorVerdict{Ending: tokenEnding(raw), Header: j.header(), Claims: j.facts(), JSON: j.json()}
	v.Status, v.Code = report.Answer()
	v.Good = v.Status == 0
	v.Verdict, v.Text = j.verdict()
	for _, s := range report.Steps {
		v.Steps = append(v.Steps, j.step(s))
	}
	v.Mend, v.Request = j.mend()
	return v
}

// tokenEnding returns the last characters of a token, by which people tell it from others. They
// are a part of the signature that proves nothing.
func tokenEnding(raw string) string {
	if len(raw) < 40 {
		return ""
	}
	return "…" + raw[len(raw)-4:]
}

// verdict returns what the API does with the token, in one sentence, and why.
func (j judged) verdict() (sentence, why string) {
	fault, refused := j.Fault()
	name := j.judge()
	switch {
	case !refused:
		return j.Say("%s takes this token", name), j.Say("It still works for %s.", j.span(j.left()))
	case j.Offline():
		return j.Say("%s refuses this token if it asks this server:", name),
			j.Say("%s. If it looks at the signature alone, it still takes the token for %s.", j.title(fault), j.span(j.left()))
	}
	return j.Say("%s refuses this token:", name), j.title(fault) + ". " + j.detail(fault)
}

// judge names the API that judges.
func (j judged) judge() string {
	if j.API == nil {
		return j.Say("Every API")
	}
	return j.API.Name
}

// left is how long the token still works.
func (j judged) left() time.Duration { return time.Unix(j.Claims.Expires, 0).Sub(j.Now) }

// span writes a duration, whatever its sign.
func (j judged) span(d time.Duration) string {
	return pages.InWords(j.r, int(d.Abs().Round(time.Second)/time.Second))
}

// step returns a step in words.
func (j judged) step(s inspect.Step) web.InspectorStep {
	switch s.Outcome {
	case inspect.Passed:
		title, text := j.passed(s.Name)
		return web.InspectorStep{Title: title, Text: text, Outcome: "good"}
	case inspect.Failed:
		return web.InspectorStep{Title: j.title(s), Text: j.detail(s), Outcome: "bad"}
	}
	return web.InspectorStep{Title: j.named(s.Name), Text: j.unseen(s.Name)}
}
