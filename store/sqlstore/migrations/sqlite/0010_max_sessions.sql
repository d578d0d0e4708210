-- How many sessions a person may have in an app, as in migrations/mysql.

ALTER TABLE clients ADD COLUMN max_sessions INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_user_client ON sessions (user_id, client_id, ended_at, created_at);
