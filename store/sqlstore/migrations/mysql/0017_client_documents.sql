-- Clients that are described by the document at the URL that is their ID: see
-- docs/decisions/0022. It only adds. A replica of the release before takes such a client
-- for a registered one, which it is not, but it never makes one.

-- allowed_at and ask_since are 0 for never.
CREATE TABLE IF NOT EXISTS client_documents (
  client_id   VARBINARY(255) NOT NULL PRIMARY KEY,
  digest      BINARY(32) NOT NULL,
  fetched_at  BIGINT NOT NULL,
  fresh_until BIGINT NOT NULL,
  network     VARCHAR(64) NOT NULL,
  allowed_at  BIGINT NOT NULL,
  ask_since   BIGINT NOT NULL,
  KEY client_documents_stale (fresh_until),
  KEY client_documents_strangers (allowed_at, fetched_at),
  KEY client_documents_network (network, allowed_at, fetched_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
