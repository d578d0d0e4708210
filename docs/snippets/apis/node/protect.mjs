import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

export const { ISSUER, AUDIENCE } = process.env // https://login.example.com, https://orders.example.com
const METADATA = `${AUDIENCE}/.well-known/oauth-protected-resource`

// An unknown kid asks for the keys again, at most every ten seconds. jose does not read max-age,
// so the keys are kept for ten minutes, which is less than Gatehouse says.
const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`), { cooldownDuration: 10_000, cacheMaxAge: 600_000 })

const verify = (token) =>
  jwtVerify(token, keys, {
    issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['RS256'], requiredClaims: ['exp'], clockTolerance: 10,
  })

// A fault of the issuer or the network is not one of the token.
const isFault = (error) =>
  !(error instanceof errors.JOSEError) || ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'].includes(error.code)

// protect lets requests pass whose token has the scope and, if any are named, one of the roles.
export function protect(scope, ...roles) {
  return async (request, response, next) => {
    // RFC 6750 §3, with the address at which the API is described (RFC 9728 §5.1)
    const refuse = (status, challenge) =>
      response.set('WWW-Authenticate', `Bearer ${challenge}, resource_metadata="${METADATA}"`).sendStatus(status)
    const [scheme, token = ''] = (request.get('Authorization') ?? '').split(' ')
    if (scheme.toLowerCase() !== 'bearer') return refuse(401, `scope="${scope}"`) // no error: nothing was sent
    try {
      request.token = (await verify(token)).payload
    } catch (error) {
      return isFault(error) ? response.sendStatus(503) : refuse(401, 'error="invalid_token"')
    }
    if (!request.token.scope?.split(' ').includes(scope)) return refuse(403, `error="insufficient_scope", scope="${scope}"`)
    if (roles.length && !roles.includes(request.token.role)) return response.sendStatus(403) // more scope would not help
    next()
  }
}
