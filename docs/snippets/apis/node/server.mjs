// An API that accepts the access tokens of a Gatehouse.
import express from 'express'
import { AUDIENCE, ISSUER, protect } from './protect.mjs'

const app = express()
const hello = (request, response) => response.json({ sub: request.token.sub, client_id: request.token.client_id, role: request.token.role })

app.get('/orders', protect('orders:read'), hello)
app.get('/reports', protect('orders:read', 'staff', 'admin'), hello)
app.get('/.well-known/oauth-protected-resource', (request, response) =>
  response.json({
    resource: AUDIENCE, authorization_servers: [ISSUER], scopes_supported: ['orders:read'], bearer_methods_supported: ['header'],
  }))
app.listen(process.env.PORT, '127.0.0.1')
