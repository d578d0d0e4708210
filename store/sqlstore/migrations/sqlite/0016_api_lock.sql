-- A transaction excludes all others from its start, so there is no lock to make for APIs.

SELECT 1;
