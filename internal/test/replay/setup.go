package replay

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/token"
)

// setups are changes that must be made before a row, because the row that made them is
// not in the file, or because our server refused it.
var setups = map[int]func(*player){
	237: func(p *player) { p.holds("idle"); p.change("idle", account.Input{Active: fields.On(false)}) },
	380: func(p *player) { p.change("boss", account.Input{LastName: text("L-admin")}) },
	418: func(p *player) {
		p.change("victim", account.Input{
			Username: text("victim2"), Email: text("victim2@example.com"), Password: text("brand-new-password"),
			FirstName: text("F"), LastName: text("L"),
		})
	},
	441: func(p *player) { p.change("victim2", account.Input{Role: text("user")}) },
	465: func(p *player) { p.change("victim2", account.Input{Role: text("user")}) },
	468: func(p *player) { p.remove(80) },
	471: func(p *player) { p.change("victim2", account.Input{Password: text("third-password")}) },
	484: func(p *player) { p.change("idle", account.Input{Active: fields.On(true)}) },
	555: func(p *player) { p.change("pete", account.Input{Email: text("pete2@example.com")}) },
	559: func(p *player) {
		p.change("pete", account.Input{Username: text("pete2"), Password: text("new-password-pete")})
		delete(p.held, "pete") // the sessions ended with the password
		p.renamed = true
	},
	572: func(p *player) { p.remove(83) },
	574: func(p *player) { p.change("pete2", account.Input{Role: text("admin"), Password: text(usualPassword)}) },
}

func (p *player) remove(id int64) {
	p.t.Helper()
	if err := p.world.Accounts.Delete(p.ctx(), authz.Operator, id, ""); err != nil {
		p.t.Fatalf("deleting %d: %v", id, err)
	}
}

// special makes the unusual tokens of some rows.
var special = map[int]func(*player, tokens) tokens{
	259: func(p *player, _ tokens) tokens { return p.last },
	272: refreshWith(func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() }),
	273: func(p *player, own tokens) tokens { return tokens{refresh: p.signedByStranger(own.refresh)} },
	274: func(_ *player, own tokens) tokens { return tokens{refresh: unsigned(own.refresh)} },
	276: refreshWith(without("jti")),
	277: refreshWith(without("exp")),
	280: accessWith(without("sub")),
	281: refreshWith(func(c map[string]any) { c["exp"] = time.Now().Add(30 * time.Second).Unix() }),
	285: refreshWith(unknownPerson),
	286: func(p *player, _ tokens) tokens { return p.held["idle"] },
	291: func(_ *player, own tokens) tokens { return tokens{refresh: tampered(own.refresh)} },
	472: func(p *player, _ tokens) tokens { return p.held["victim2"] },
	502: accessWith(func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() }),
	504: func(p *player, own tokens) tokens { return tokens{access: p.signedByStranger(own.access)} },
	505: func(_ *player, own tokens) tokens { return tokens{access: unsigned(own.access)} },
	508: accessWith(without("jti")),
	509: accessWith(without("exp")),
	510: accessWith(without("iat")),
	511: accessWith(func(c map[string]any) { c["iat"] = time.Now().Add(time.Hour).Unix() }),
	512: accessWith(func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() }),
	514: func(p *player, own tokens) tokens {
		return tokens{access: p.forge("JWT", own.access, func(map[string]any) {})}
	},
	517: accessWith(func(c map[string]any) { c["sub"], c["sid"] = "abc", "abc" }),
	518: accessWith(func(c map[string]any) { c["sub"], c["sid"] = strings.Repeat("9", 30), strings.Repeat("9", 30) }),
	520: accessWith(unknownPerson),
	526: func(_ *player, own tokens) tokens { return tokens{access: own.access[:len(own.access)-10]} },
}

func without(claim string) func(map[string]any) {
	return func(c map[string]any) { delete(c, claim) }
}

func unknownPerson(c map[string]any) { c["sub"], c["sid"] = uuid.NewString(), rand.Text() }

func accessWith(edit func(map[string]any)) func(*player, tokens) tokens {
	return func(p *player, own tokens) tokens {
		return tokens{access: p.forge(token.TypeAccess, own.access, edit)}
	}
}

func refreshWith(edit func(map[string]any)) func(*player, tokens) tokens {
	return func(p *player, own tokens) tokens {
		return tokens{refresh: p.forge(token.TypeRefresh, own.refresh, edit)}
	}
}

// signedByStranger returns the token with the signature of a key that is not ours.
func (p *player) signedByStranger(raw string) string {
	p.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		p.t.Fatalf("making a key: %v", err)
	}
	signed := raw[:strings.LastIndexByte(raw, '.')]
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		p.t.Fatalf("signing with a foreign key: %v", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func unsigned(raw string) string {
	header, _ := json.Marshal(map[string]string{"alg": "none", "typ": "JWT"})
	return base64.RawURLEncoding.EncodeToString(header) + "." + strings.Split(raw, ".")[1] + "."
}

// tampered returns the token with another letter in its claims.
func tampered(raw string) string {
	at := strings.IndexByte(raw, '.') + 20
	other := byte('A')
	if raw[at] == other {
		other = 'B'
	}
	return raw[:at] + string(other) + raw[at+1:]
}
