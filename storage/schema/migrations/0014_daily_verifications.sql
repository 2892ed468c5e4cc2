-- Daily issues are scored too, apart from weekly ones, since their windows overlap.

ALTER TABLE verifications ADD COLUMN issue smallint NOT NULL DEFAULT 1;  -- 1 weekly, 2 daily
