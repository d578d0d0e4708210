-- When a person first allowed an app something. It is NULL in consents of the release
-- before, which does not write it: the consent itself then counts.

ALTER TABLE consents ADD COLUMN first_granted_at BIGINT NULL;
