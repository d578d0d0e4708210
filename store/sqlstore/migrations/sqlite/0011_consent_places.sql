-- Where a client was allowed, as in migrations/mysql.

ALTER TABLE consents ADD COLUMN places TEXT;
