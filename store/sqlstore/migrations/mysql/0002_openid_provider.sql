-- What an OpenID Provider remembers: codes, browser sessions, consents, pushed
-- requests, devices, logouts that are owed, and what apps are told of a person.
--
-- It only adds, and what it adds to tables that are there has defaults: the
-- release before keeps running on this schema. Columns are added apart from
-- indexes, and texts that may be long are NULL by default, so that both
-- databases add them without copying the table. A column or an index that is
-- there already was added by a run that was killed (package sqlstore, apply).

ALTER TABLE users
  ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN profile    MEDIUMTEXT NULL; -- a JSON object

ALTER TABLE sessions
  ADD COLUMN browser_id VARBINARY(64) NOT NULL DEFAULT '',
  ADD COLUMN acr        VARCHAR(255) NOT NULL DEFAULT '',
  ADD COLUMN amr        VARCHAR(255) NOT NULL DEFAULT '[]', -- a JSON array
  ADD COLUMN claims     MEDIUMTEXT NULL;

CREATE INDEX sessions_browser ON sessions (browser_id, ended_at);

ALTER TABLE clients
  ADD COLUMN backchannel_logout_uri VARCHAR(2048) NOT NULL DEFAULT '',
  ADD COLUMN backchannel_session    TINYINT(1) NOT NULL DEFAULT 0,
  ADD COLUMN jwks                   MEDIUMTEXT NULL,
  ADD COLUMN jwks_uri               VARCHAR(2048) NOT NULL DEFAULT '',
  ADD COLUMN assertion_audience     VARCHAR(16) NOT NULL DEFAULT '';

CREATE TABLE IF NOT EXISTS auth_codes (
  digest       BINARY(32) NOT NULL PRIMARY KEY,
  session_id   VARBINARY(64) NOT NULL,
  client_id    VARBINARY(255) NOT NULL,
  user_id      BIGINT NOT NULL,
  browser_id   VARBINARY(64) NOT NULL,
  redirect_uri TEXT NOT NULL,
  scope        VARCHAR(2048) NOT NULL,
  nonce        TEXT NOT NULL,
  challenge    VARBINARY(128) NOT NULL,
  acr          VARCHAR(255) NOT NULL,
  amr          VARCHAR(255) NOT NULL, -- a JSON array
  claims       MEDIUMTEXT NOT NULL,
  auth_time    BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  used_at      BIGINT NOT NULL,
  misses       INT NOT NULL,
  KEY auth_codes_user (user_id, client_id),
  KEY auth_codes_client (client_id),
  KEY auth_codes_browser (browser_id),
  KEY auth_codes_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS browser_sessions (
  id            VARBINARY(64) NOT NULL PRIMARY KEY,
  cookie_digest BINARY(32) NOT NULL,
  user_id       BIGINT NOT NULL,
  auth_time     BIGINT NOT NULL,
  amr           VARCHAR(255) NOT NULL, -- a JSON array
  acr           VARCHAR(255) NOT NULL,
  created_at    BIGINT NOT NULL,
  last_seen_at  BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL,
  ip            VARCHAR(64) NOT NULL,
  user_agent    VARCHAR(255) NOT NULL,
  UNIQUE KEY browser_sessions_cookie (cookie_digest),
  KEY browser_sessions_user (user_id, ended_at),
  KEY browser_sessions_ended (ended_at),
  KEY browser_sessions_expires (expires_at),
  KEY browser_sessions_seen (last_seen_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS consents (
  user_id    BIGINT NOT NULL,
  client_id  VARBINARY(255) NOT NULL,
  scope      VARCHAR(2048) NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, client_id),
  KEY consents_client (client_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS pushed_requests (
  digest     BINARY(32) NOT NULL PRIMARY KEY,
  client_id  VARBINARY(255) NOT NULL,
  parameters MEDIUMTEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  KEY pushed_requests_client (client_id),
  KEY pushed_requests_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS device_grants (
  device_digest BINARY(32) NOT NULL PRIMARY KEY,
  user_digest   BINARY(32) NOT NULL, -- of the code that the person types
  session_id    VARBINARY(64) NOT NULL,
  client_id     VARBINARY(255) NOT NULL,
  scope         VARCHAR(2048) NOT NULL,
  status        VARBINARY(16) NOT NULL,
  user_id       BIGINT NOT NULL,
  browser_id    VARBINARY(64) NOT NULL,
  auth_time     BIGINT NOT NULL,
  amr           VARCHAR(255) NOT NULL, -- a JSON array
  ip            VARCHAR(64) NOT NULL,
  created_at    BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  interval_s    INT NOT NULL,
  polled_at     BIGINT NOT NULL,
  UNIQUE KEY device_grants_user_code (user_digest),
  KEY device_grants_user (user_id, client_id),
  KEY device_grants_client (client_id),
  KEY device_grants_browser (browser_id),
  KEY device_grants_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What may be used once and was.
CREATE TABLE IF NOT EXISTS used_once (
  digest     BINARY(32) NOT NULL PRIMARY KEY,
  expires_at BIGINT NOT NULL,
  KEY used_once_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS logout_notices (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  client_id  VARBINARY(255) NOT NULL,
  sub        VARBINARY(64) NOT NULL,
  session_id VARBINARY(64) NOT NULL,
  created_at BIGINT NOT NULL,
  tries      INT NOT NULL,
  next_try   BIGINT NOT NULL,
  KEY logout_notices_due (next_try, id),
  KEY logout_notices_client (client_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
