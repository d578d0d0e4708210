// The full life of a sign-in, with a certified client library (openid-client) and a
// browser that handles cookies, redirects and forms. Any surprise ends it with an error.
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BACK, BYE, SCOPE, USERNAME, PASSWORD, SUB } = process.env

// The issuer of this test is plain http at a loopback address.
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, undefined, oidc.ClientSecretPost(CLIENT_SECRET), {
  execute: [oidc.allowInsecureRequests],
})

const cookies = new Map()

async function ask(address, form) {
  const response = await fetch(address, {
    method: form ? 'POST' : 'GET',
    body: form,
    redirect: 'manual',
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
  })
  for (const cookie of response.headers.getSetCookie()) {
    const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/)
    if (/max-age=0/i.test(cookie)) cookies.delete(name)
    else cookies.set(name, value)
  }
  return response
}

// visit fills in the forms and goes where they lead until they lead away from the issuer.
async function visit(address) {
  let form
  for (let step = 0; step < 10; step++) {
    if (address.origin !== new URL(ISSUER).origin) return address
    const response = await ask(address, form)
    const page = await response.text()
    const next = response.headers.get('location') ?? refreshOf(page)
    if (next) {
      address = new URL(next, address)
      form = undefined
      continue
    }
    assert.equal(response.status, 200, `${address.pathname}: ${response.status}`)
    form = fillIn(page)
    address = new URL(address.pathname, ISSUER)
  }
  assert.fail('the redirects do not end')
}

// refreshOf returns where a page that goes on by itself leads.
function refreshOf(page) {
  return page.match(/<meta http-equiv="refresh" content="0; url=([^"]*)">/)?.[1].replaceAll('&amp;', '&').replaceAll('&#43;', '+')
}

function fillIn(page) {
  const form = new URLSearchParams()
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([a-z_]+)" value="([^"]*)">/g)) {
    form.append(name, value)
  }
  if (page.includes('action="/consent"')) {
    form.append('answer', 'allow')
  } else {
    assert.ok(page.includes('action="/login"'), page)
    form.append('username', USERNAME)
    form.append('password', PASSWORD)
  }
  return form
}

async function parameters(more) {
  const verifier = oidc.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
  const asked = {
    redirect_uri: BACK,
    scope: SCOPE,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  }
  return { asked, checks }
}

async function signIn(address) {
  const { asked, checks } = await parameters()
  const back = await visit(await address(config, asked))
  return oidc.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true })
}

const refused = (code) => (error) => error.error === code

const tokens = await signIn(oidc.buildAuthorizationUrl)
assert.equal(tokens.claims().sub, SUB)

const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token)
assert.equal(fresh.claims().sub, SUB)
assert.notEqual(fresh.refresh_token, tokens.refresh_token)

const who = await oidc.fetchUserInfo(config, fresh.access_token, SUB)
assert.equal(who.email, `${USERNAME}@people.example`)

// A second sign-in of the same browser, by a pushed request (RFC 9126).
const second = await signIn(oidc.buildAuthorizationUrlWithPAR)
assert.equal(second.claims().sub, SUB)

const bye = await visit(oidc.buildEndSessionUrl(config, {
  id_token_hint: fresh.id_token,
  post_logout_redirect_uri: BYE,
  state: 'bye',
}))
assert.equal(bye.href, `${BYE}?state=bye`)

const { asked, checks } = await parameters({ prompt: 'none' })
const back = await visit(oidc.buildAuthorizationUrl(config, asked))
await assert.rejects(oidc.authorizationCodeGrant(config, back, checks), refused('login_required'))
await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), refused('invalid_grant'))
await assert.rejects(oidc.refreshTokenGrant(config, second.refresh_token), refused('invalid_grant'))

console.log('signed in and out')
