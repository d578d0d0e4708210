-- In which browsers, and for which redirect origins, a person allowed a client that cannot
-- prove who it is: a JSON array. It is NULL in consents of the release before, and in those
-- that one gives beside this one: there the person is asked once more.

ALTER TABLE consents ADD COLUMN places TEXT NULL;
