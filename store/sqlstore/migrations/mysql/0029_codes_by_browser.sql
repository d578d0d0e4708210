-- auth_codes_open begins with the same column, and each code costs a write to both.

ALTER TABLE auth_codes DROP KEY auth_codes_browser;
