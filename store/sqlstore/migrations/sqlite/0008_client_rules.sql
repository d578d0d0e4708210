-- What an app may be held to, as in migrations/mysql.

ALTER TABLE clients ADD COLUMN auth_method_pinned            INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN require_par                   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN require_pkce                  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN require_signed_request_object INTEGER NOT NULL DEFAULT 0;
