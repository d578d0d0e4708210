// An agent: it calls tools of the MCP server at SERVER, one after another, and signs its
// person in when it is asked to. It prints the address for the person's browser, reads the
// one at which the browser came back, and prints what each tool said.
//
// It is the app CLIENT_ID with CLIENT_SECRET, or that of the metadata document at DOCUMENT,
// or else registers itself.
import { createInterface } from 'node:readline/promises'
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'

const { SERVER, TOOLS, BACK, CLIENT_ID, CLIENT_SECRET, DOCUMENT } = process.env
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const kept = {} // what an agent stores between runs
if (CLIENT_ID) kept.client = { client_id: CLIENT_ID, client_secret: CLIENT_SECRET }

const provider = {
  redirectUrl: BACK,
  clientMetadataUrl: DOCUMENT,
  clientMetadata: {
    client_name: 'Agent in Node',
    redirect_uris: [BACK],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  },
  state: () => (kept.state = crypto.randomUUID()),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  discoveryState: () => kept.discovery,
  saveDiscoveryState: (discovery) => void (kept.discovery = discovery),
  redirectToAuthorization: (address) => console.log(address.href),
}

async function comesBack(transport) {
  const { value } = await lines.next()
  const answer = new URL(value).searchParams
  if (answer.get('state') !== kept.state) throw new Error('another state came back')
  await transport.finishAuth(answer)
}

async function call(name) {
  const client = new Client({ name: 'agent', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(SERVER), { authProvider: provider })
  try {
    await client.connect(transport)
    const { content } = await client.callTool({ name })
    await client.close()
    return content[0].text
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error
    await comesBack(transport)
  }
}

for (const name of TOOLS.split(' ')) {
  console.log((await call(name)) ?? (await call(name)))
}
process.exit(0)
