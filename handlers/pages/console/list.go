package console

import "net/url"

// newest is how many people the overview shows, and many how many rows a page of a list.
const (
	newest = "5"
	many   = "50"
)

// only returns the parameters of a query that a page reads, each once and not empty.
func only(query url.Values, names ...string) url.Values {
	read := url.Values{}
	for _, name := range names {
		if value := query.Get(name); value != "" {
			read.Set(name, value)
		}
	}
	return read
}

// next returns the path of the page that a mark begins; empty without one.
func next(path string, query url.Values, mark string) string {
	if mark == "" {
		return ""
	}
	return onward(path, query, mark)
}

// onward returns the path of a list with the mark of a page; without one, of its first page.
func onward(path string, query url.Values, mark string) string {
	next := url.Values{}
	for name, values := range query {
		next[name] = values
	}
	next.Del("cursor")
	if mark != "" {
		next.Set("cursor", mark)
	}
	if len(next) == 0 {
		return path
	}
	return path + "?" + next.Encode()
}
