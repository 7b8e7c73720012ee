-- How many of the excess lasted; 0: not known. Until now `needed` was of an excess that lasts as
-- little as that one, and is from now on what must last.
ALTER TABLE finding_minutes ADD COLUMN lasting REAL NOT NULL DEFAULT 0;
