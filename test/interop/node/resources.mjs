// One sign-in for two APIs (RFC 8707), with a certified client library (openid-client). Every
// access token is for one of them alone. Any surprise ends it with an error.
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'
import { visit } from './browser.mjs'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BACK, ORDERS, BILLING, OTHER } = process.env

// The issuer of this test is plain http at a loopback address.
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, undefined, oidc.ClientSecretBasic(CLIENT_SECRET), {
  execute: [oidc.allowInsecureRequests],
})

// signIn returns what the exchange of a code answers. Its parameters name resources.
async function signIn(scope, asked, exchanged) {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: BACK, scope, state, code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })
  for (const resource of asked) address.searchParams.append('resource', resource)
  const parameters = new URLSearchParams(exchanged.map((resource) => ['resource', resource]))
  return oidc.authorizationCodeGrant(config, await visit(address), { pkceCodeVerifier: verifier, expectedState: state }, parameters)
}

const refresh = (token, resource, more) => oidc.refreshTokenGrant(config, token, { resource, ...more })
const claims = ({ access_token }) => JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url'))
const refused = (code) => (error) => error.error === code

function isFor(tokens, resource, scope) {
  assert.equal(claims(tokens).aud, resource)
  assert.equal(claims(tokens).scope, scope)
  assert.equal(tokens.scope, scope)
}

const both = 'openid offline_access orders:read billing:pay'
const first = await signIn(both, [ORDERS, BILLING], [ORDERS])
isFor(first, ORDERS, 'orders:read')
const second = await refresh(first.refresh_token, BILLING)
isFor(second, BILLING, 'billing:pay')
const third = await refresh(second.refresh_token, ORDERS)
isFor(third, ORDERS, 'orders:read')

// Beyond what was granted: an API that the sign-in did not name, and a scope of the other API.
await assert.rejects(refresh(third.refresh_token, OTHER), refused('invalid_target'))
await assert.rejects(refresh(third.refresh_token, ISSUER), refused('invalid_target'))
await assert.rejects(refresh(third.refresh_token, ORDERS, { scope: 'billing:pay' }), refused('invalid_scope'))
isFor(await refresh(third.refresh_token, BILLING), BILLING, 'billing:pay')

// A sign-in for one of them does not become one for the other.
const narrow = await signIn('openid offline_access orders:read', [ORDERS], [])
assert.equal(claims(narrow).aud, ORDERS)
await assert.rejects(refresh(narrow.refresh_token, BILLING), refused('invalid_target'))
await assert.rejects(signIn(both, [ORDERS], [BILLING]), refused('invalid_target'))

// Two of them, and neither is named at the exchange: the server asks for one.
await assert.rejects(signIn(both, [ORDERS, BILLING], []), refused('invalid_target'))

console.log('one audience each')
