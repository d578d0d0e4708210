// The full life of a sign-in, with a certified client library (openid-client) and a
// browser. Any surprise ends it with an error.
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'
import { visit } from './browser.mjs'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BACK, BYE, SCOPE, USERNAME, SUB } = process.env

// The issuer of this test is plain http at a loopback address.
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, undefined, oidc.ClientSecretPost(CLIENT_SECRET), {
  execute: [oidc.allowInsecureRequests],
})

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
