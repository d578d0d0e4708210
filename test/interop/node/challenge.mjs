// A first-party app without a browser: the challenge endpoint by hand, as no library has it,
// and the certified openid-client before and after it. Any surprise ends it with an error.
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'

const { ISSUER, CLIENT_ID, SCOPE, USERNAME, PASSWORD, SUB } = process.env

// The issuer of this test is plain http at a loopback address.
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, undefined, oidc.None(), { execute: [oidc.allowInsecureRequests] })

const endpoint = config.serverMetadata().authorization_challenge_endpoint

async function challenge(parameters) {
  const response = await fetch(endpoint, { method: 'POST', body: new URLSearchParams({ client_id: CLIENT_ID, ...parameters }) })
  return { status: response.status, ...(await response.json()) }
}

const verifier = oidc.randomPKCECodeVerifier()
const first = await challenge({
  response_type: 'code',
  scope: SCOPE,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
})
assert.equal(first.status, 400)
assert.equal(first.error, 'insufficient_authorization')
assert.ok(first.next.includes('password'), `next is ${first.next}`)

const wrong = await challenge({ auth_session: first.auth_session, username: USERNAME, password: `not ${PASSWORD}` })
assert.equal(wrong.error, 'insufficient_authorization')

const right = await challenge({ auth_session: wrong.auth_session, username: USERNAME, password: PASSWORD })
assert.equal(right.status, 200, JSON.stringify(right))

const redeem = () => oidc.genericGrantRequest(config, 'authorization_code', { code: right.authorization_code, code_verifier: verifier })
const tokens = await redeem()
assert.equal(tokens.claims().sub, SUB)

const who = await oidc.fetchUserInfo(config, tokens.access_token, SUB)
assert.equal(who.email, `${USERNAME}@people.example`)

const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token)
assert.notEqual(fresh.refresh_token, tokens.refresh_token)

await assert.rejects(redeem(), (error) => error.error === 'invalid_grant')

console.log('signed in without a browser')
