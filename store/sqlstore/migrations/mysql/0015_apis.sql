-- Other people's APIs, with scopes and an audience of their own: see docs/decisions/0021.
-- It only adds. A replica of the release before knows no API, and never sees a scope of
-- one: the apps that have such scopes are refused there.

-- scopes, listed_clients, claims and introspection_clients are JSON. The identifier of
-- our own API is NULL: it is a setting.
CREATE TABLE IF NOT EXISTS apis (
  id                       VARBINARY(255) NOT NULL PRIMARY KEY,
  identifier               VARBINARY(255) NULL,
  name                     VARCHAR(255) NOT NULL,
  scopes                   MEDIUMTEXT NOT NULL,
  clients                  VARCHAR(16) NOT NULL,
  listed_clients           TEXT NOT NULL,
  access_token_lifetime_ms BIGINT NOT NULL,
  token_type               VARCHAR(16) NOT NULL,
  claims                   TEXT NOT NULL,
  listed_in_metadata       TINYINT(1) NOT NULL,
  introspection_clients    TEXT NOT NULL,
  created_at               BIGINT NOT NULL,
  updated_at               BIGINT NOT NULL,
  UNIQUE KEY apis_identifier (identifier),
  KEY apis_clients (clients)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How the app became known: empty: an administrator registered it.
ALTER TABLE clients ADD COLUMN origin VARCHAR(16) NOT NULL DEFAULT '';

-- The APIs that a request named (RFC 8707), as JSON; NULL or none: the scope decides.
ALTER TABLE sessions      ADD COLUMN resources VARCHAR(2048) NULL;
ALTER TABLE auth_codes    ADD COLUMN resources VARCHAR(2048) NULL;
ALTER TABLE device_grants ADD COLUMN resources VARCHAR(2048) NULL;

-- The scopes that the person took away again of what their sessions in the app have.
ALTER TABLE generations ADD COLUMN withdrawn VARCHAR(2048) NULL;
