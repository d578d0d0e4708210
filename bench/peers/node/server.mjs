// A server on oidc-provider that keeps everything in memory, for the load rig to measure.
//
//   node server.mjs PORT SESSIONS FILE
//
// It makes so many sessions, writes their tokens to FILE as JSON, and then listens.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const [port, sessions, file] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const api = 'https://api.example.com/orders';
const day = 24 * 60 * 60;

// Stored is an adapter without a bound: that of the library forgets all but a thousand records.
const records = new Map();
const grants = new Map(); // the keys of a grant's records, for ending them together

class Stored {
  constructor(model) { this.model = model; }

  key(id) { return `${this.model}:${id}`; }

  async upsert(id, payload) {
    records.set(this.key(id), payload);
    if (payload.grantId) {
      if (!grants.has(payload.grantId)) grants.set(payload.grantId, new Set());
      grants.get(payload.grantId).add(this.key(id));
    }
  }

  async find(id) { return records.get(this.key(id)); }

  async consume(id) { records.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { records.delete(this.key(id)); }

  async revokeByGrantId(grant) {
    for (const key of grants.get(grant) ?? []) records.delete(key);
    grants.delete(grant);
  }

  async findByUid() { return undefined; } // nobody signs in through a browser

  async findByUserCode() { return undefined; }
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(issuer, {
  adapter: Stored,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'peer' }] },
  clients: [{
    client_id: 'bench-app',
    client_secret: 'the-secret-of-the-peers-app',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    redirect_uris: ['https://app.example.com/back'],
    scope: 'openid profile email offline_access orders:read',
  }],
  scopes: ['openid', 'offline_access', 'orders:read'],
  claims: { openid: ['sub'], profile: ['preferred_username', 'given_name', 'family_name'], email: ['email'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, given_name: 'Ada', family_name: 'Abel', email: `${id}@example.org` }),
  }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // An access token for an API is a JWT; for this server itself it is opaque.
      getResourceServerInfo: () => ({ scope: 'orders:read', audience: api, accessTokenTTL: 3600, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  rotateRefreshToken: true,
  expiresWithSession: () => false,
  ttl: { AccessToken: day, ClientCredentials: 3600, Grant: day, IdToken: 3600, RefreshToken: day },
});

// begin makes a session: a grant, and the tokens that the app has of it.
async function begin(accountId) {
  const client = await provider.Client.find('bench-app');
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope('openid profile email offline_access');
  grant.addResourceScope(api, 'orders:read');
  const grantId = await grant.save();
  const of = { accountId, client, grantId, gty: 'authorization_code', expiresWithSession: false };
  const scope = 'openid profile email offline_access';
  const access = await new provider.AccessToken({ ...of, scope }).save();
  const refresh = await new provider.RefreshToken({
    ...of, scope: `${scope} orders:read`, resource: api, authTime: Math.floor(Date.now() / 1000),
  }).save();
  return { access, refresh };
}

const begun = [];
for (let i = 0; i < Number(sessions); i += 1) begun.push(await begin(`person${i}`));
writeFileSync(file, JSON.stringify({ access: begun.map((s) => s.access), refresh: begun.map((s) => s.refresh) }));
provider.listen(Number(port), '127.0.0.1');
