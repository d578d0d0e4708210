-- What an OpenID Provider remembers, as in migrations/mysql.
--
-- It only adds, and what it adds to tables that are there has defaults: the
-- release before keeps running on this schema.

ALTER TABLE users ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN profile TEXT; -- a JSON object

ALTER TABLE sessions ADD COLUMN browser_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN acr TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN amr TEXT NOT NULL DEFAULT '[]'; -- a JSON array
ALTER TABLE sessions ADD COLUMN claims TEXT;

CREATE INDEX sessions_browser ON sessions (browser_id, ended_at) WHERE browser_id <> '';

ALTER TABLE clients ADD COLUMN backchannel_logout_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN backchannel_session INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN jwks TEXT;
ALTER TABLE clients ADD COLUMN jwks_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN assertion_audience TEXT NOT NULL DEFAULT '';

CREATE TABLE auth_codes (
  digest       BLOB NOT NULL PRIMARY KEY,
  session_id   TEXT NOT NULL,
  client_id    TEXT NOT NULL,
  user_id      INTEGER NOT NULL,
  browser_id   TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  scope        TEXT NOT NULL,
  nonce        TEXT NOT NULL,
  challenge    TEXT NOT NULL,
  acr          TEXT NOT NULL,
  amr          TEXT NOT NULL, -- a JSON array
  claims       TEXT NOT NULL,
  auth_time    INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  used_at      INTEGER NOT NULL,
  misses       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX auth_codes_user ON auth_codes (user_id, client_id);
CREATE INDEX auth_codes_client ON auth_codes (client_id);
CREATE INDEX auth_codes_browser ON auth_codes (browser_id);
CREATE INDEX auth_codes_expires ON auth_codes (expires_at);

CREATE TABLE browser_sessions (
  id            TEXT NOT NULL PRIMARY KEY,
  cookie_digest BLOB NOT NULL UNIQUE,
  user_id       INTEGER NOT NULL,
  auth_time     INTEGER NOT NULL,
  amr           TEXT NOT NULL, -- a JSON array
  acr           TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  ended_at      INTEGER NOT NULL,
  ip            TEXT NOT NULL,
  user_agent    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX browser_sessions_user ON browser_sessions (user_id, ended_at);
CREATE INDEX browser_sessions_ended ON browser_sessions (ended_at);
CREATE INDEX browser_sessions_expires ON browser_sessions (expires_at);
CREATE INDEX browser_sessions_seen ON browser_sessions (last_seen_at);

CREATE TABLE consents (
  user_id    INTEGER NOT NULL,
  client_id  TEXT NOT NULL,
  scope      TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX consents_client ON consents (client_id);

CREATE TABLE pushed_requests (
  digest     BLOB NOT NULL PRIMARY KEY,
  client_id  TEXT NOT NULL,
  parameters TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pushed_requests_client ON pushed_requests (client_id);
CREATE INDEX pushed_requests_expires ON pushed_requests (expires_at);

CREATE TABLE device_grants (
  device_digest BLOB NOT NULL PRIMARY KEY,
  user_digest   BLOB NOT NULL UNIQUE, -- of the code that the person types
  session_id    TEXT NOT NULL,
  client_id     TEXT NOT NULL,
  scope         TEXT NOT NULL,
  status        TEXT NOT NULL,
  user_id       INTEGER NOT NULL,
  browser_id    TEXT NOT NULL,
  auth_time     INTEGER NOT NULL,
  amr           TEXT NOT NULL, -- a JSON array
  ip            TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  interval_s    INTEGER NOT NULL,
  polled_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX device_grants_user ON device_grants (user_id, client_id);
CREATE INDEX device_grants_client ON device_grants (client_id);
CREATE INDEX device_grants_browser ON device_grants (browser_id);
CREATE INDEX device_grants_expires ON device_grants (expires_at);

-- What may be used once and was.
CREATE TABLE used_once (
  digest     BLOB NOT NULL PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_once_expires ON used_once (expires_at);

CREATE TABLE logout_notices (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id  TEXT NOT NULL,
  sub        TEXT NOT NULL,
  session_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tries      INTEGER NOT NULL,
  next_try   INTEGER NOT NULL
) STRICT;

CREATE INDEX logout_notices_due ON logout_notices (next_try, id);
CREATE INDEX logout_notices_client ON logout_notices (client_id);
