-- Retention and corrections: what an operator may do to stored rows, and what stays on record of it.

-- Which stations have rows in a week is asked while the week's partition is locked.
CREATE INDEX station_weeks_week ON station_weeks (week);

-- Weeks whose rows were dropped. Their windows stay; rows of such a week are refused and its windows never built anew. A small
-- table, kept whole on every node.
CREATE TABLE dropped_weeks (
  week timestamptz PRIMARY KEY,
  dropped_at timestamptz NOT NULL,
  row_count bigint NOT NULL
);

-- Rows that an administrator corrected, one entry per correction: the old values are nowhere else.
CREATE SEQUENCE observation_correction_sequence;

CREATE TABLE observation_corrections (
  station text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL DEFAULT nextval('observation_correction_sequence'),
  signal smallint NOT NULL,              -- 0 magn, 1 sound
  slot timestamptz NOT NULL,
  corrected_at timestamptz NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL,
  old_received_at timestamptz NOT NULL,
  old_delivery smallint NOT NULL,
  old_values real[] NOT NULL,
  new_values real[] NOT NULL,
  week_was_sealed boolean NOT NULL,
  PRIMARY KEY (station, sequence)
);
CREATE INDEX observation_corrections_row ON observation_corrections (station, signal, slot);
CREATE TRIGGER observation_corrections_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON observation_corrections
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
CREATE TRIGGER dropped_weeks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dropped_weeks
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
