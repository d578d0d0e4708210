package console

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/store"
	"gatehouse/web"
)

// mostRows is how many sessions a page of a person shows.
const mostRows = 20

// sessions fills in where a person is signed in: the browsers with the apps that were signed
// in to from each, and then the apps that were not.
func (e Person) sessions(r *http.Request, u store.User, data *web.ConsolePersonData) error {
	browsers, err := e.Browsers.List(r.Context(), u)
	if err != nil {
		return err
	}
	sessions, err := e.Sessions.List(r.Context(), u.ID)
	if err != nil {
		return err
	}
	data.Living = len(browsers) + len(sessions)
	browsers = browsers[:min(len(browsers), mostRows)]
	sessions = sessions[:min(len(sessions), mostRows)]
	data.Hidden = data.Living - len(browsers) - len(sessions)
	for _, b := range browsers {
		device, icon := pages.Device(r, b.UserAgent)
		data.Browsers = append(data.Browsers, web.AccountBrowser{ID: b.ID, Device: device, Icon: icon, IP: b.IP, Seen: e.when(r, b.LastSeenAt), Since: e.when(r, b.SignIn.At)})
	}
	for _, s := range sessions {
		if err := e.place(r, s, data); err != nil {
			return err
		}
	}
	return nil
}

// place adds a session to its browser or, if that is not in the list, to the others.
func (e Person) place(r *http.Request, s store.Session, data *web.ConsolePersonData) error {
	name, err := e.nameOfApp(r.Context(), s.ClientID)
	if err != nil {
		return err
	}
	device, icon := pages.Device(r, s.UserAgent)
	one := web.AccountSession{ID: s.ID, App: name, Device: device, Icon: icon, IP: s.IP, Used: e.when(r, s.LastUsedAt), Since: e.when(r, s.CreatedAt)}
	for i := range data.Browsers {
		if data.Browsers[i].ID == s.BrowserID {
			data.Browsers[i].Apps = append(data.Browsers[i].Apps, one)
			return nil
		}
	}
	data.Others = append(data.Others, one)
	return nil
}
