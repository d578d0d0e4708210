-- Apps that register themselves (RFC 7591): see docs/decisions/0023. It only adds. A
-- replica of the release before takes such an app for one that an administrator
-- registered, but never for a first-party one.

-- When the app last got a token, and since when people must be asked again; 0: never.
ALTER TABLE clients
  ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN ask_since    BIGINT NOT NULL DEFAULT 0;

-- The digest of its registration access token (RFC 7592), what kind of app it says it
-- is, and the network from which it registered without a token.
ALTER TABLE clients
  ADD COLUMN registration_digest BINARY(32) NULL,
  ADD COLUMN application_type    VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN registered_from     VARBINARY(64) NOT NULL DEFAULT '';

-- How many there may be that were never used is compared by these indexes.
CREATE INDEX clients_unused ON clients (origin, last_used_at, created_at);
CREATE INDEX clients_registered_from ON clients (registered_from, last_used_at);

-- The tokens by which apps may register.
CREATE TABLE IF NOT EXISTS registration_tokens (
  id         VARBINARY(64) NOT NULL PRIMARY KEY,
  digest     BINARY(32) NOT NULL,
  uses       INT NOT NULL,
  max_uses   INT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  UNIQUE KEY registration_tokens_digest (digest),
  KEY registration_tokens_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
