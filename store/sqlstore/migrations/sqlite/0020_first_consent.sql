-- When a person first allowed an app something, as in migrations/mysql.

ALTER TABLE consents ADD COLUMN first_granted_at INTEGER;
