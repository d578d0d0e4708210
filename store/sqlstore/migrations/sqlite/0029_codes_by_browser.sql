-- auth_codes_open begins with the same column, and each code costs a write to both.

DROP INDEX auth_codes_browser;
