package replay

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/names"
	"gatehouse/store"
)

// A person of the old database. Their ID there is their ID here as well.
type person struct {
	// id is 0 until the person exists here. It stays 0 for people whom our server
	// cannot have, because their name is another spelling of somebody else's.
	id              int64
	username, email string
	role            store.Role
	first, last     string
	password        string
	// hash is the old database's password hash, if it replaces password.
	hash *string
	// due is the row before which the person must exist. made is the row that created
	// them, or 0 if that row is not in the file.
	due, made int
}

const usualPassword = "complexpassword123"

// census reads from the old answers who existed, and from which row on.
func census(rows []row) map[int64]*person {
	people := map[int64]*person{}
	var look func(v any, n int)
	look = func(v any, n int) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				look(x, n)
			}
		case map[string]any:
			id, _ := v["id"].(float64)
			if email, ok := v["email"].(string); ok && people[int64(id)] == nil {
				people[int64(id)] = &person{
					username: v["username"].(string), email: email, role: store.Role(v["role"].(string)),
					first: v["first_name"].(string), last: v["last_name"].(string), password: usualPassword, due: n,
				}
			}
			look(v["user"], n)
		}
	}
	for _, r := range rows {
		var v any
		if json.Unmarshal(r.Response, &v) == nil {
			look(v, r.N)
		}
	}
	addUnseen(people)
	for _, r := range rows {
		if r.Status == 201 {
			noteMaker(people, r)
		}
	}
	return people
}

// addUnseen adds the people and attributes that the answers do not show.
func addUnseen(people map[int64]*person) {
	people[79] = &person{username: "del_raw", email: "del_raw@example.com", role: store.RoleUser, due: 464}
	people[80] = &person{username: "del_twice", email: "del_twice@example.com", role: store.RoleUser, due: 464}
	people[83] = &person{username: "prey", email: "prey@example.com", role: store.RoleUser, due: 571}
	people[12].password = "пароль-密码-🔑"
	people[76].username, people[76].email, people[76].first, people[76].last = "victim", "victim@example.com", "", ""
	people[82].first, people[82].last, people[82].due = "", "", 545
	people[84].role = store.RoleAdmin // before they demoted themselves
	for id, due := range map[int64]int{72: 293, 73: 317, 74: 341, 75: 366, 76: 389, 64: 237, 85: 583} {
		people[id].due = min(people[id].due, due)
	}
	key, _ := pbkdf2.Key(sha1.New, usualPassword, []byte("saltsaltsalt"), 1000, sha1.Size)
	for id, hash := range map[int64]string{
		67: "pbkdf2_sha1$1000$saltsaltsalt$" + base64.StdEncoding.EncodeToString(key),
		68: "md5$salt$4c0199808ea08ff328502d92f46", 69: "!abcdef", 70: "", 71: "nonsense",
	} {
		people[id].hash = &hash
		people[id].due = min(people[id].due, 243)
	}
}

// noteMaker finds the person whom a sign-up created.
func noteMaker(people map[int64]*person, r row) {
	var sent struct {
		Email    string          `json:"email"`
		Password json.RawMessage `json:"password"`
	}
	body := r.body()
	_ = json.Unmarshal([]byte(body), &sent) // the body may be a form
	for _, p := range people {
		form := strings.Contains(body, p.username+"%40example.com") || strings.Contains(body, "\r\n"+p.email)
		if sent.Email == p.email || form && sent.Email == "" {
			p.made, p.due = r.N, r.N
			if sent.Password != nil && len(sent.Password) < 1000 {
				p.password = strings.Trim(string(sent.Password), `"`)
			}
		}
	}
}

// settle creates the people who must exist before row n. People are numbered in the
// order of their creation, so everybody with a smaller number is created first.
func (p *player) settle(n int) {
	p.t.Helper()
	var last int64
	for id, who := range p.people {
		switch {
		case who.made == n:
			last = max(last, id-1)
		case who.due <= n:
			last = max(last, id)
		}
	}
	for id := int64(1); id <= last; id++ {
		if who := p.people[id]; who != nil && who.made != n && !p.exists(id) {
			p.bring(id, who)
		}
	}
}

// exists reports whether the ID was given out.
func (p *player) exists(id int64) bool { return p.given(0) >= id }

// given notes that an ID was given out, and returns the highest so far.
func (p *player) given(id int64) int64 {
	p.numbers = max(p.numbers, id)
	return p.numbers
}

// bring writes a person into the database as the old one had them. A person whose name is
// another spelling of somebody else's gets a placeholder instead.
func (p *player) bring(id int64, who *person) {
	p.t.Helper()
	u := store.User{
		Sub: uuid.NewString(), Username: who.username, Email: who.email, FirstName: who.first, LastName: who.last,
		Role: who.role, Active: true, JoinedAt: p.world.Accounts.Now(),
	}
	var usernameErr, emailErr error
	u.UsernameKey, usernameErr = names.Username(who.username)
	_, u.EmailKey, emailErr = names.Email(who.email)
	if who.hash != nil {
		u.PasswordHash = *who.hash
	} else if hash, err := p.world.Hash(p.ctx(), who.password); err == nil {
		u.PasswordHash = hash
	}
	err := errors.Join(usernameErr, emailErr)
	if err == nil {
		err = p.insert(id, u)
	}
	if err == nil {
		who.id = id
		return
	}
	u.Username = fmt.Sprintf("nobody%d", id)
	u.Email = u.Username + "@nowhere.example"
	u.UsernameKey, u.EmailKey = u.Username, u.Email
	if err := p.insert(id, u); err != nil {
		p.t.Fatalf("creating person %d: %v", id, err)
	}
}

func (p *player) insert(id int64, u store.User) error {
	err := p.world.DB.Write(p.ctx(), func(tx store.Tx) error {
		got, err := tx.CreateUser(u)
		if err == nil && got != id {
			p.t.Fatalf("%s got the ID %d, want %d", u.Username, got, id)
		}
		return err
	})
	if err == nil {
		p.given(id)
	}
	return err
}

// made notes that row n created a person.
func (p *player) made(n int, id int64) {
	p.given(id)
	for old, who := range p.people {
		if who.made == n && old == id {
			who.id = id
		}
	}
}

// ours are people whom only our server creates: the old one refused the requests.
var ours = []string{"slash", "slash2", "chunky"}

func isOurs(username string) bool { return slices.Contains(ours, username) }
