-- What level the sign-in of the person who approved a device has reached. The
-- other records of a sign-in have the column already; for devices the level was a
-- constant in the code. The default is that constant: a device that waits or was
-- approved before this migration, and one that a replica of the release before
-- adds beside it, is approved by a person who signed in with a password, since
-- that release knows nothing else. The column is added without copying the table.

ALTER TABLE device_grants
  ADD COLUMN acr VARCHAR(255) NOT NULL DEFAULT 'urn:gatehouse:pwd';
