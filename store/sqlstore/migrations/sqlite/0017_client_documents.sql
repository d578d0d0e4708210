-- Clients that are described by the document at their ID, as in migrations/mysql.

CREATE TABLE client_documents (
  client_id   TEXT NOT NULL PRIMARY KEY,
  digest      BLOB NOT NULL,
  fetched_at  INTEGER NOT NULL,
  fresh_until INTEGER NOT NULL,
  network     TEXT NOT NULL,
  allowed_at  INTEGER NOT NULL,
  ask_since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX client_documents_stale ON client_documents (fresh_until);
CREATE INDEX client_documents_strangers ON client_documents (allowed_at, fetched_at);
CREATE INDEX client_documents_network ON client_documents (network, allowed_at, fetched_at);
