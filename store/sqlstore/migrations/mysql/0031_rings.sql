-- Signing keys of other algorithms than RS256: see docs/decisions/0036. They are not in
-- signing_keys, because the release before takes a key of another algorithm for a damaged
-- one, and stops reading keys. It only adds.

CREATE TABLE IF NOT EXISTS ring_keys (
  id            VARBINARY(64) NOT NULL PRIMARY KEY,
  generation    BIGINT NOT NULL,
  algorithm     VARCHAR(16) NOT NULL,
  public_key    BLOB NOT NULL,
  sealed        BLOB NOT NULL,
  master_key_id VARBINARY(64) NOT NULL,
  created_at    BIGINT NOT NULL,
  sign_from     BIGINT NOT NULL,
  retired_at    BIGINT NOT NULL,
  UNIQUE KEY ring_keys_generation (algorithm, generation)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What signs an API's access tokens, and an app's ID and logout tokens; and, if it was chosen
-- before it had a key that signs, what signs until then, and when that was to be.
ALTER TABLE apis
  ADD COLUMN signing_alg        VARCHAR(16) NOT NULL DEFAULT 'RS256',
  ADD COLUMN signing_alg_before VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN signing_alg_from   BIGINT NOT NULL DEFAULT 0;

ALTER TABLE clients
  ADD COLUMN id_token_alg        VARCHAR(16) NOT NULL DEFAULT 'RS256',
  ADD COLUMN id_token_alg_before VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN id_token_alg_from   BIGINT NOT NULL DEFAULT 0;
