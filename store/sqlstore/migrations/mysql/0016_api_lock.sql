-- The lock under which APIs are made and changed. Neither their number nor the absence of
-- an app that has an identifier as its ID is a row that could be locked.

INSERT IGNORE INTO locks (name) VALUES ('apis');
