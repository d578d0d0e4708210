-- Where refresh tokens are repeated, as in migrations/mysql.

ALTER TABLE sessions ADD COLUMN rotated_net TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN repeat_of TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN repeat_nets TEXT NOT NULL DEFAULT '[]'; -- a JSON array

ALTER TABLE clients ADD COLUMN rotation TEXT NOT NULL DEFAULT 'strict';
