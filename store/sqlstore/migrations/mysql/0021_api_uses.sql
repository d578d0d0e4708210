-- When an API last got a token, to the minute or so; 0: never.

ALTER TABLE apis ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;
