-- How many sessions a person may have in an app: 0 stands for the server's setting. The
-- index finds those of a person in an app that have not ended, for the statement that
-- compares their number with the bound. A refresh changes none of its columns.

ALTER TABLE clients ADD COLUMN max_sessions INT NOT NULL DEFAULT 0;
CREATE INDEX sessions_user_client ON sessions (user_id, client_id, ended_at, created_at);
