-- Whether a person's password was in a list of stolen ones at the last sign-in with it.

ALTER TABLE users ADD COLUMN password_stolen INTEGER NOT NULL DEFAULT 0;
