-- Mail, one-time links and the key that seals what is personal: see docs/decisions/0026.

-- Keys that seal data at rest, each sealed by the master key.
CREATE TABLE IF NOT EXISTS data_keys (
  id            VARBINARY(64) NOT NULL PRIMARY KEY,
  sealed        VARBINARY(255) NOT NULL,
  master_key_id VARBINARY(64) NOT NULL,
  created_at    BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Messages that wait for the mail server. One waits at most for each address and purpose.
CREATE TABLE IF NOT EXISTS mails (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  digest     BINARY(32) NOT NULL, -- of address and purpose
  purpose    VARBINARY(32) NOT NULL,
  user_id    BIGINT NOT NULL, -- 0: nobody's yet
  content    BLOB NOT NULL, -- sealed: the address, the language and what the text needs
  created_at BIGINT NOT NULL,
  next_try   BIGINT NOT NULL,
  tries      INT NOT NULL,
  UNIQUE KEY mails_digest (digest),
  KEY mails_due (next_try, id),
  KEY mails_user (user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One-time links to people. A link works while the person has the same generation and
-- address as when it was made.
CREATE TABLE IF NOT EXISTS links (
  slot        BINARY(32) NOT NULL PRIMARY KEY, -- of purpose and person, or address: a new link replaces the one before
  digest      BINARY(32) NOT NULL,
  purpose     VARBINARY(16) NOT NULL,
  user_id     BIGINT NOT NULL, -- 0: nobody yet (sign-up by mail)
  address     VARCHAR(320) NOT NULL,
  address_key VARBINARY(1280) NOT NULL,
  generation  BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  UNIQUE KEY links_digest (digest),
  KEY links_user (user_id),
  KEY links_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
