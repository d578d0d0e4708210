-- The level of a device's sign-in, as in migrations/mysql.

ALTER TABLE device_grants ADD COLUMN acr TEXT NOT NULL DEFAULT 'urn:gatehouse:pwd';
