-- The first schema, as in migrations/mysql.
--
-- TEXT compares byte by byte here, times are Unix milliseconds with 0 for
-- "never". AUTOINCREMENT keeps the number of a deleted person from being given
-- to another one.

CREATE TABLE users (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  sub            TEXT NOT NULL UNIQUE,
  username       TEXT NOT NULL,
  username_key   TEXT NOT NULL,
  email          TEXT NOT NULL,
  email_key      TEXT NOT NULL,
  email_domain   TEXT NOT NULL,
  email_verified INTEGER NOT NULL,
  first_name     TEXT NOT NULL,
  first_key      TEXT NOT NULL,
  last_name      TEXT NOT NULL,
  last_key       TEXT NOT NULL,
  role           TEXT NOT NULL,
  active         INTEGER NOT NULL,
  password_hash  TEXT NOT NULL,
  joined_at      INTEGER NOT NULL,
  last_login_at  INTEGER NOT NULL
) STRICT;

-- Search is by prefix of any of these.
CREATE INDEX users_username ON users (username_key);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_domain ON users (email_domain);
CREATE INDEX users_first ON users (first_key);
CREATE INDEX users_last ON users (last_key);

-- Lists are read class by class (role, active) and merged, so that a page costs
-- the same wherever it is and whatever the filter.
CREATE INDEX users_by_id ON users (role, active, id);
CREATE INDEX users_by_username ON users (role, active, username_key, id);
CREATE INDEX users_by_email ON users (role, active, email_key, id);
CREATE INDEX users_by_joined ON users (role, active, joined_at, id);
CREATE INDEX users_by_last_login ON users (role, active, last_login_at, id);

-- Usernames and e-mail addresses share one name space: one row for each
-- canonical form in use, whichever of the two it is.
CREATE TABLE user_names (
  digest  BLOB NOT NULL PRIMARY KEY,
  user_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX user_names_user ON user_names (user_id);

-- Exact totals without counting. The shards let sign-ups run side by side on MySQL.
CREATE TABLE user_counts (
  role   TEXT NOT NULL,
  active INTEGER NOT NULL,
  shard  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (role, active, shard)
) STRICT, WITHOUT ROWID;

INSERT INTO user_counts (role, active, shard, n)
SELECT r.role, a.active, 4 * high.d + low.d, 0
FROM (SELECT 'user' AS role UNION ALL SELECT 'staff' UNION ALL SELECT 'admin') AS r
CROSS JOIN (SELECT 0 AS active UNION ALL SELECT 1) AS a
CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS high
CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS low;

CREATE TABLE bootstrap_links (
  digest     BLOB NOT NULL PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last rotation lies in the row of its session, so that a rotation is one
-- UPDATE of one row.
CREATE TABLE sessions (
  id           TEXT NOT NULL PRIMARY KEY,
  user_id      INTEGER NOT NULL,
  client_id    TEXT NOT NULL,
  scope        TEXT NOT NULL,
  auth_time    INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL,
  end_reason   TEXT NOT NULL,
  ip           TEXT NOT NULL,
  user_agent   TEXT NOT NULL,
  gen          INTEGER NOT NULL,
  jti          TEXT NOT NULL,
  prev_jti     TEXT NOT NULL,
  token_iat    INTEGER NOT NULL,
  token_exp    INTEGER NOT NULL,
  token_role   TEXT NOT NULL,
  key_id       TEXT NOT NULL,
  rotated_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_user ON sessions (user_id, ended_at, created_at);
CREATE INDEX sessions_client ON sessions (client_id, ended_at);
CREATE INDEX sessions_ended ON sessions (ended_at, token_exp);
CREATE INDEX sessions_expires ON sessions (token_exp);

CREATE TABLE clients (
  id                        TEXT NOT NULL PRIMARY KEY,
  name                      TEXT NOT NULL,
  auth_method               TEXT NOT NULL,
  first_party               INTEGER NOT NULL,
  disabled                  INTEGER NOT NULL,
  grant_types               TEXT NOT NULL, -- a JSON array, like the lists below
  scope                     TEXT NOT NULL,
  redirect_uris             TEXT NOT NULL,
  post_logout_redirect_uris TEXT NOT NULL,
  secrets                   TEXT NOT NULL, -- digests and times, a JSON array
  access_token_lifetime_ms  INTEGER NOT NULL,
  refresh_token_idle_ms     INTEGER NOT NULL,
  refresh_token_lifetime_ms INTEGER NOT NULL,
  created_at                INTEGER NOT NULL,
  updated_at                INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
  id            TEXT NOT NULL PRIMARY KEY,
  generation    INTEGER NOT NULL UNIQUE,
  algorithm     TEXT NOT NULL,
  public_key    BLOB NOT NULL,
  sealed        BLOB NOT NULL,
  master_key_id TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  sign_from     INTEGER NOT NULL,
  retired_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_events (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  happened_at INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  actor       TEXT NOT NULL,
  subject     TEXT NOT NULL,
  session_id  TEXT NOT NULL,
  client_id   TEXT NOT NULL,
  ip          TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  detail      TEXT NOT NULL
) STRICT;

CREATE INDEX audit_time ON audit_events (happened_at, id);
CREATE INDEX audit_kind ON audit_events (kind, id);
CREATE INDEX audit_actor ON audit_events (actor, id);
CREATE INDEX audit_subject ON audit_events (subject, id);

CREATE TABLE revoked_tokens (
  jti        TEXT NOT NULL PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_tokens_expires ON revoked_tokens (expires_at);

CREATE TABLE throttles (
  digest    BLOB NOT NULL PRIMARY KEY,
  tries     INTEGER NOT NULL,
  last_at   INTEGER NOT NULL,
  prev_at   INTEGER NOT NULL, -- the try before the last one
  forget_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX throttles_forget ON throttles (forget_at);
