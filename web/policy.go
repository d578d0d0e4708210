package web

// Policy is the Content-Security-Policy of our pages: no inline code, nothing from other
// origins, no framing, and forms that lead to us alone.
const Policy = contents + "; connect-src 'self'; form-action 'self'" + surroundings

// FormPostPolicy is the policy of the page FormPost, whose only form leads to the app.
// It does not bound where forms lead, because Chromium applies form-action to the
// redirects that follow a form as well, and only the app knows where its own lead.
const FormPostPolicy = contents + surroundings

const (
	contents     = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
	surroundings = "; base-uri 'none'; frame-ancestors 'none'"
)
