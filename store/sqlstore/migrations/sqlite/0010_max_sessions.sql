-- How many sessions a person may have in an app, as in migrations/mysql.

ALTER TABLE clients ADD COLUMN max_sessions INTEGER NOT NULL DEFAULT 0;
