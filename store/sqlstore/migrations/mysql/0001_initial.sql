-- The first schema.
--
-- MySQL cannot undo a CREATE TABLE, so every statement here can be run again
-- after a migration that was killed halfway.
--
-- What is looked up byte for byte (ids, canonical names, password hashes) is
-- VARBINARY: even utf8mb4_bin and ascii_bin ignore spaces at the end, so that
-- 'app ' would find the client 'app'. Digests are BINARY(32), times are Unix
-- milliseconds with 0 for "never". What people write is utf8mb4_bin.

CREATE TABLE IF NOT EXISTS users (
  id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sub            VARBINARY(64) NOT NULL,
  username       VARCHAR(255) NOT NULL,
  username_key   VARBINARY(1020) NOT NULL,
  email          VARCHAR(320) NOT NULL,
  email_key      VARBINARY(1280) NOT NULL,
  email_domain   VARBINARY(1020) NOT NULL,
  email_verified TINYINT(1) NOT NULL,
  first_name     VARCHAR(255) NOT NULL,
  first_key      VARBINARY(1020) NOT NULL,
  last_name      VARCHAR(255) NOT NULL,
  last_key       VARBINARY(1020) NOT NULL,
  role           VARBINARY(16) NOT NULL,
  active         TINYINT(1) NOT NULL,
  password_hash  VARBINARY(512) NOT NULL,
  joined_at      BIGINT NOT NULL,
  last_login_at  BIGINT NOT NULL,
  UNIQUE KEY users_sub (sub),
  -- Search is by prefix of any of these.
  KEY users_username (username_key),
  KEY users_email (email_key),
  KEY users_domain (email_domain),
  KEY users_first (first_key),
  KEY users_last (last_key),
  -- Lists are read class by class (role, active) and merged, so that a page
  -- costs the same wherever it is and whatever the filter.
  KEY users_by_id (role, active, id),
  KEY users_by_username (role, active, username_key, id),
  KEY users_by_email (role, active, email_key, id),
  KEY users_by_joined (role, active, joined_at, id),
  KEY users_by_last_login (role, active, last_login_at, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Usernames and e-mail addresses share one name space: one row for each
-- canonical form in use, whichever of the two it is.
CREATE TABLE IF NOT EXISTS user_names (
  digest  BINARY(32) NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  KEY user_names_user (user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Exact totals without counting. The shards let sign-ups run side by side.
CREATE TABLE IF NOT EXISTS user_counts (
  role   VARBINARY(16) NOT NULL,
  active TINYINT(1) NOT NULL,
  shard  INT NOT NULL,
  n      BIGINT NOT NULL,
  PRIMARY KEY (role, active, shard)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO user_counts (role, active, shard, n)
SELECT r.role, a.active, 4 * high.d + low.d, 0
FROM (SELECT 'user' AS role UNION ALL SELECT 'staff' UNION ALL SELECT 'admin') AS r
CROSS JOIN (SELECT 0 AS active UNION ALL SELECT 1) AS a
CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS high
CROSS JOIN (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS low;

-- A row to lock where what must not change is the absence of rows.
CREATE TABLE IF NOT EXISTS locks (
  name VARBINARY(64) NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO locks (name) VALUES ('admins');

CREATE TABLE IF NOT EXISTS bootstrap_links (
  digest     BINARY(32) NOT NULL PRIMARY KEY,
  expires_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The last rotation lies in the row of its session, so that a rotation is one
-- UPDATE of one row.
CREATE TABLE IF NOT EXISTS sessions (
  id           VARBINARY(64) NOT NULL PRIMARY KEY,
  user_id      BIGINT NOT NULL,
  client_id    VARBINARY(255) NOT NULL,
  scope        VARCHAR(2048) NOT NULL,
  auth_time    BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  ended_at     BIGINT NOT NULL,
  end_reason   VARCHAR(255) NOT NULL,
  ip           VARCHAR(64) NOT NULL,
  user_agent   VARCHAR(255) NOT NULL,
  gen          BIGINT NOT NULL,
  jti          VARBINARY(64) NOT NULL,
  prev_jti     VARBINARY(64) NOT NULL,
  token_iat    BIGINT NOT NULL,
  token_exp    BIGINT NOT NULL,
  token_role   VARBINARY(16) NOT NULL,
  key_id       VARBINARY(64) NOT NULL,
  rotated_at   BIGINT NOT NULL,
  KEY sessions_user (user_id, ended_at, created_at),
  KEY sessions_client (client_id, ended_at),
  KEY sessions_ended (ended_at, token_exp),
  KEY sessions_expires (token_exp)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS clients (
  id                        VARBINARY(255) NOT NULL PRIMARY KEY,
  name                      VARCHAR(255) NOT NULL,
  auth_method               VARCHAR(64) NOT NULL,
  first_party               TINYINT(1) NOT NULL,
  disabled                  TINYINT(1) NOT NULL,
  grant_types               TEXT NOT NULL, -- a JSON array, like the lists below
  scope                     TEXT NOT NULL,
  redirect_uris             MEDIUMTEXT NOT NULL,
  post_logout_redirect_uris MEDIUMTEXT NOT NULL,
  secrets                   TEXT NOT NULL, -- digests and times, a JSON array
  access_token_lifetime_ms  BIGINT NOT NULL,
  refresh_token_idle_ms     BIGINT NOT NULL,
  refresh_token_lifetime_ms BIGINT NOT NULL,
  created_at                BIGINT NOT NULL,
  updated_at                BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS signing_keys (
  id            VARBINARY(64) NOT NULL PRIMARY KEY,
  generation    BIGINT NOT NULL,
  algorithm     VARCHAR(16) NOT NULL,
  public_key    BLOB NOT NULL,
  sealed        BLOB NOT NULL,
  master_key_id VARBINARY(64) NOT NULL,
  created_at    BIGINT NOT NULL,
  sign_from     BIGINT NOT NULL,
  retired_at    BIGINT NOT NULL,
  UNIQUE KEY signing_keys_generation (generation)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS audit_events (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  happened_at BIGINT NOT NULL,
  kind        VARBINARY(64) NOT NULL,
  actor       VARBINARY(320) NOT NULL,
  subject     VARBINARY(320) NOT NULL,
  session_id  VARBINARY(64) NOT NULL,
  client_id   VARBINARY(255) NOT NULL,
  ip          VARCHAR(64) NOT NULL,
  request_id  VARCHAR(128) NOT NULL,
  detail      MEDIUMTEXT NOT NULL,
  KEY audit_time (happened_at, id),
  KEY audit_kind (kind, id),
  KEY audit_actor (actor, id),
  KEY audit_subject (subject, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS revoked_tokens (
  jti        VARBINARY(64) NOT NULL PRIMARY KEY,
  expires_at BIGINT NOT NULL,
  KEY revoked_tokens_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS throttles (
  digest    BINARY(32) NOT NULL PRIMARY KEY,
  tries     BIGINT NOT NULL,
  last_at   BIGINT NOT NULL,
  prev_at   BIGINT NOT NULL, -- the try before the last one
  forget_at BIGINT NOT NULL,
  KEY throttles_forget (forget_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
