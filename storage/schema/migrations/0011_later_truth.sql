-- What the catalogue says later reaches what was judged by it: verifications get revisions, and changes of the catalogue a number in the order
-- of their commits. What was verified before is the first revision.

ALTER TABLE verifications
  DROP CONSTRAINT verifications_pkey,
  ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
  ADD COLUMN reason smallint NOT NULL DEFAULT 1,  -- 1 first, 2 catalogue changed, 3 no longer complete: does not count, 4 complete again
  ADD COLUMN replaced_class integer,              -- what the revision before said
  ADD COLUMN replaced_magnitude float8,
  ADD COLUMN replaced_events integer,
  ADD PRIMARY KEY (region, forecast_id, revision);
CREATE TRIGGER verifications_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verifications
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();

CREATE SEQUENCE catalogue_sequence;

ALTER TABLE events
  ADD COLUMN sequence bigint NOT NULL DEFAULT nextval('catalogue_sequence'),
  ADD COLUMN updated_at timestamptz;              -- when the catalogue says that it changed this record
CREATE INDEX events_sequence ON events (sequence);
-- In the order in which events are listed.
DROP INDEX events_origin_time;
CREATE INDEX events_origin_time ON events (origin_time, source, source_event_id);
