// An app that registers itself (RFC 7591), with a certified client library (openid-client): it
// signs a person in, refreshes, changes its registration and deletes itself (RFC 7592). Any
// surprise ends it with an error.
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'
import { visit } from './browser.mjs'

const { ISSUER, BACK, SUB, INITIAL } = process.env

const refused = (code) => (error) => error.error === code

async function signIn(config, back) {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: back, scope: 'openid email offline_access', state, code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })
  return oidc.authorizationCodeGrant(config, await visit(address), { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true })
}

// The issuer of this test is plain http at a loopback address.
function register(metadata, authentication, token) {
  return oidc.dynamicClientRegistration(new URL(ISSUER), { grant_types: ['authorization_code', 'refresh_token'], ...metadata }, authentication,
    { execute: [oidc.allowInsecureRequests], initialAccessToken: token })
}

const manage = ({ registration_client_uri, registration_access_token }, method, metadata) => fetch(registration_client_uri, {
  method, body: metadata && JSON.stringify(metadata),
  headers: { authorization: `Bearer ${registration_access_token}`, ...(metadata && { 'content-type': 'application/json' }) },
})

await assert.rejects(register({ redirect_uris: [BACK] }, undefined, undefined))
await assert.rejects(register({ redirect_uris: ['javascript:alert(1)'] }, undefined, INITIAL), refused('invalid_redirect_uri'))
await assert.rejects(register({ redirect_uris: [BACK], scope: 'openid users:write' }, undefined, INITIAL), refused('invalid_client_metadata'))

for (const [metadata, authentication, back] of [
  [{ client_name: 'Web app', redirect_uris: [BACK], token_endpoint_auth_method: 'client_secret_basic' }, oidc.ClientSecretBasic(), BACK],
  [{ client_name: 'Desktop app', redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none', application_type: 'native' }, oidc.None(), 'http://127.0.0.1:51004/cb'],
]) {
  const config = await register(metadata, authentication, INITIAL)
  const made = config.clientMetadata()
  assert.equal(made.client_name, metadata.client_name)

  const tokens = await signIn(config, back)
  assert.equal(tokens.claims().sub, SUB)
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token)
  assert.equal((await oidc.fetchUserInfo(config, fresh.access_token, SUB)).sub, SUB)

  const read = await manage(made, 'GET')
  assert.equal(read.status, 200)
  const known = await read.json()
  assert.deepEqual({ ...known, client_secret: made.client_secret }, { ...made, client_secret: made.client_secret })
  const changed = await manage(made, 'PUT', { ...known, client_name: 'Renamed' })
  assert.equal(changed.status, 200)
  assert.equal((await changed.json()).client_name, 'Renamed')
  const again = await oidc.refreshTokenGrant(config, fresh.refresh_token)

  assert.equal((await manage(made, 'DELETE')).status, 204)
  assert.equal((await manage(made, 'GET')).status, 401)
  // A replica may know the app for another second, but its sessions have ended.
  await assert.rejects(oidc.refreshTokenGrant(config, again.refresh_token), ({ error }) => ['invalid_client', 'invalid_grant'].includes(error))
}

console.log('registered and gone')
