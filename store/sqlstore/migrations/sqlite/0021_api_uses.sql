-- When an API last got a token, as in migrations/mysql.

ALTER TABLE apis ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
