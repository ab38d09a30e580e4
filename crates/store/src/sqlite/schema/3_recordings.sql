-- What both agreed to record of a call.

ALTER TABLE history ADD COLUMN recordings TEXT;     -- JSON array; NULL if nothing was
