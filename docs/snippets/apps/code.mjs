import * as client from 'openid-client' // version 6

const server = await client.discovery(new URL(ISSUER), ID, SECRET, client.ClientSecretBasic(SECRET))
const verifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce()
const url = client.buildAuthorizationUrl(server, {
  redirect_uri: 'http://localhost:3000/callback', scope: 'openid profile email', state, nonce,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
})
// at /callback:
const tokens = await client.authorizationCodeGrant(server, new URL(request.url, 'http://localhost:3000'),
  { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce })
const who = tokens.claims() // who.sub
