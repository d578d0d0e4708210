// a machine signs in as itself, with openid-client 6
import * as client from 'openid-client'

const server = await client.discovery(new URL(ISSUER), ID, SECRET, client.ClientSecretBasic(SECRET))
const tokens = await client.clientCredentialsGrant(server, { scope: 'users:read' })
