-- How many sessions a person may have in an app: 0 stands for the server's setting.

ALTER TABLE clients ADD COLUMN max_sessions INT NOT NULL DEFAULT 0;
