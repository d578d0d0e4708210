package authorize

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/keys"
)

// An object is the request object of a request (RFC 9101, OIDC Core 1.0 §6).
type object struct {
	raw string
	// outer are the parameters beside it.
	outer url.Values
	// fault is why it cannot be read.
	fault error
}

// open replaces the parameters of a request by those of its request object. Beside the
// object only client_id counts (RFC 9101 §6.3). Nothing is verified here: objectHolds does
// that, after the cheaper checks. So a refusal goes to the redirect URI of the object if the
// client has registered it. An object that cannot be read, or has no redirect URI, leaves
// the request as it is, and the refusal goes to the registered address beside it.
func (r *request) open() {
	raw := r.get("request")
	if raw == "" || slices.Contains(r.repeated, "request") {
		return
	}
	r.object = &object{raw: raw, outer: r.params}
	values, err := objectParameters(raw)
	if err == nil && values.Get("redirect_uri") == "" {
		err = errors.New("no redirect_uri in it")
	}
	if err != nil {
		r.object.fault = err
		return
	}
	inner := readRequest(values)
	r.params = inner.params
	if id := r.object.outer.Get("client_id"); id != "" {
		r.params.Set("client_id", id)
	} else {
		r.params.Del("client_id")
	}
	r.malformed = false
	r.repeated = slices.DeleteFunc(r.repeated, func(name string) bool { return !slices.Contains(besideObject, name) })
}

// besideObject are the parameters beside a request object that are not ignored.
var besideObject = []string{"client_id", "request_uri", "response_type", "scope"}

// objectParameters reads the parameters in a request object, unverified. A value is a
// string, but max_age may be a number and claims an object (OIDC Core 1.0 §6.1).
func objectParameters(raw string) (url.Values, error) {
	payload, err := keys.Claims(raw)
	if err != nil {
		return nil, err
	}
	members, err := keys.ParseObject(payload)
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for _, name := range parameterNames {
		member, ok := members[name]
		if !ok {
			continue
		}
		texts, err := memberTexts(name, member)
		if err != nil {
			return nil, err
		}
		values[name] = texts
	}
	return values, nil
}

// memberTexts returns the values of a member: of resource there may be several, in an
// array (RFC 9101 §4, RFC 8707 §2.1).
func memberTexts(name string, member json.RawMessage) (texts []string, err error) {
	if name == oauth.Resource && member[0] == '[' {
		if err = json.Unmarshal(member, &texts); err == nil && len(texts) == 0 {
			err = errors.New("an empty array of resources")
		}
		return texts, err
	}
	text, err := memberText(name, member)
	return []string{text}, err
}

func memberText(name string, member json.RawMessage) (text string, err error) {
	switch first := member[0]; {
	case name == "request" || name == "request_uri": // RFC 9101 §4
		return "", fmt.Errorf("%s inside the object", name)
	case first == '"':
		return text, json.Unmarshal(member, &text)
	case name == "max_age" && first >= '0' && first <= '9', name == "claims" && first == '{':
		return string(member), nil
	}
	return "", fmt.Errorf("%s is not a string", name)
}

// objectHolds verifies the request object, and refuses a request without one if the client
// must sign its requests (RFC 9101 §10.5). It does not ask again for a request that was
// pushed, or sealed by us after it was verified, unless a page was left open for too long:
// the client may have had a reason to let the object expire, such as a stolen key.
func objectHolds(a *Endpoint, ctx context.Context, req *request) error {
	switch {
	case req.object != nil:
		return a.checkObject(ctx, req)
	case !req.client.RequireSignedRequestObject || req.pushed != "" || a.Now().UnixMilli() < req.signed:
		return nil
	case req.signed != 0:
		return oauth.InvalidRequestObject.Because("the request object of client %s expired while the person was at our pages", req.client.ID).Found(refusal.RequestInvalid)
	default:
		return oauth.InvalidRequest.Because("client %s must sign its requests", req.client.ID).Hinting("The client is registered to sign its requests.").Found(refusal.RequestUnsigned)
	}
}

func (a *Endpoint) checkObject(ctx context.Context, req *request) error {
	outer := req.object.outer
	switch {
	case outer.Get("request_uri") != "": // RFC 9101 §5
		return oauth.InvalidRequest.Because("request and request_uri")
	case req.object.fault != nil:
		return oauth.InvalidRequestObject.Because("request object of client %s: %w", req.client.ID, req.object.fault).Found(refusal.RequestInvalid)
	case !agrees(outer.Get("response_type"), req.get("response_type")), !authz.Scope(outer.Get("scope")).Within(authz.Scope(req.get("scope"))):
		return oauth.InvalidRequest.Because("a response_type or scope that is not that of the request object")
	}
	expires, err := a.Objects.CheckObject(ctx, req.client, req.object.raw)
	req.signed = expires.Add(continuationLife).UnixMilli()
	return err
}

// agrees reports whether a parameter beside the object, if it is there, repeats the one in
// it (OIDC Core 1.0 §6.1). The scope beside it may be a part: OpenID Connect wants "openid"
// there.
func agrees(outer, inner string) bool { return outer == "" || outer == inner }
