-- Other people's APIs, as in migrations/mysql.

CREATE TABLE apis (
  id                       TEXT NOT NULL PRIMARY KEY,
  identifier               TEXT UNIQUE,
  name                     TEXT NOT NULL,
  scopes                   TEXT NOT NULL,
  clients                  TEXT NOT NULL,
  listed_clients           TEXT NOT NULL,
  access_token_lifetime_ms INTEGER NOT NULL,
  token_type               TEXT NOT NULL,
  claims                   TEXT NOT NULL,
  listed_in_metadata       INTEGER NOT NULL,
  introspection_clients    TEXT NOT NULL,
  created_at               INTEGER NOT NULL,
  updated_at               INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX apis_clients ON apis (clients);

ALTER TABLE clients ADD COLUMN origin TEXT NOT NULL DEFAULT '';

ALTER TABLE sessions ADD COLUMN resources TEXT;
ALTER TABLE auth_codes ADD COLUMN resources TEXT;
ALTER TABLE device_grants ADD COLUMN resources TEXT;

ALTER TABLE generations ADD COLUMN withdrawn TEXT;
