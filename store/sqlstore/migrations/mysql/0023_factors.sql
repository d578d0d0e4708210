-- Second factors and passkeys: see docs/decisions/0027.

-- Which factors a person has, one bit each, so that a sign-in need not ask elsewhere.
ALTER TABLE users ADD COLUMN factors INT NOT NULL DEFAULT 0;

-- An authenticator app (RFC 6238).
CREATE TABLE IF NOT EXISTS totp_factors (
  user_id      BIGINT NOT NULL PRIMARY KEY,
  secret       VARBINARY(255) NOT NULL, -- sealed
  last_step    BIGINT NOT NULL, -- the step of the last code that was accepted
  created_at   BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL, -- 0: not yet
  last_used_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Recovery codes that have not been used.
CREATE TABLE IF NOT EXISTS recovery_codes (
  user_id    BIGINT NOT NULL,
  digest     BINARY(32) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, digest)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Passkeys (WebAuthn credentials).
CREATE TABLE IF NOT EXISTS passkeys (
  digest        BINARY(32) NOT NULL PRIMARY KEY, -- of the credential's ID
  credential_id VARBINARY(1023) NOT NULL,
  user_id       BIGINT NOT NULL,
  name          VARCHAR(255) NOT NULL,
  credential    BLOB NOT NULL, -- JSON: public key, AAGUID, transports, flags
  sign_count    BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  last_used_at  BIGINT NOT NULL,
  KEY passkeys_user (user_id, created_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Sign-ins and ceremonies that wait for their next step.
CREATE TABLE IF NOT EXISTS challenges (
  digest     BINARY(32) NOT NULL PRIMARY KEY,
  kind       VARBINARY(16) NOT NULL,
  user_id    BIGINT NOT NULL, -- 0: not known yet
  client_id  VARBINARY(255) NOT NULL, -- empty: our own pages
  generation BIGINT NOT NULL,
  content    BLOB NOT NULL,
  misses     INT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  KEY challenges_user (user_id),
  KEY challenges_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
