-- Browsers that several people use.

ALTER TABLE login ADD COLUMN pin TEXT;              -- PHC string; NULL where one person uses it
