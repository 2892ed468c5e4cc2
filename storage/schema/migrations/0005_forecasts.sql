-- Issued forecasts. Immutable: a change is the next revision. `sequence` grows in commit order.

CREATE SEQUENCE forecast_sequence;

CREATE TABLE forecasts (
  region text COLLATE "C" NOT NULL,
  valid_from timestamptz NOT NULL,
  purpose smallint NOT NULL,             -- 1 operational, 2 hindcast, 3 test
  revision integer NOT NULL CHECK (revision >= 1),
  forecast_id text COLLATE "C" NOT NULL,
  supersedes text NOT NULL,
  reason smallint NOT NULL,
  status smallint NOT NULL,              -- 1 ok, 2 degraded, 3 insufficient data
  sequence bigint NOT NULL,
  region_title text NOT NULL,
  polygon_latitudes_deg float8[] NOT NULL,
  polygon_longitudes_deg float8[] NOT NULL,
  issued_at timestamptz NOT NULL,
  data_cutoff timestamptz NOT NULL,
  valid_to timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  next_issue timestamptz NOT NULL,
  scored boolean NOT NULL,
  probabilities float8[] NOT NULL,       -- classes 0 to 4
  climatology float8[] NOT NULL,
  spread_low float8[] NOT NULL,          -- of P(M >= edge)
  spread_high float8[] NOT NULL,
  magnitude_edges float8[] NOT NULL,
  change_since_last float8[],
  model_used boolean NOT NULL,
  model_probabilities float8[],
  pool_weight float8 NOT NULL,
  demonstrated_skill boolean NOT NULL,
  model_version text COLLATE "C" NOT NULL,
  weights_sha256 text NOT NULL,
  training_from timestamptz NOT NULL,
  training_to timestamptz NOT NULL,
  calibration text NOT NULL,
  runtime text NOT NULL,
  git_revision text NOT NULL,
  stations_enrolled integer NOT NULL,
  stations_usable integer NOT NULL,
  input_hash text NOT NULL,
  catalogue_snapshot text NOT NULL,
  verdict text NOT NULL,
  limitations text[] NOT NULL,
  PRIMARY KEY (region, valid_from, purpose, revision),
  UNIQUE (region, forecast_id)
);
CREATE INDEX forecasts_sequence ON forecasts (sequence);
CREATE INDEX forecasts_valid_from ON forecasts (valid_from, region);

-- Every enrolled station of a forecast and the exact window revision it used.
CREATE TABLE forecast_windows (
  region text COLLATE "C" NOT NULL,
  forecast_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  station text COLLATE "C" NOT NULL,
  usable boolean NOT NULL,
  slot_fraction float8 NOT NULL,
  window_station text COLLATE "C",
  window_start timestamptz,
  window_revision integer,
  drift_flags text[] NOT NULL,
  PRIMARY KEY (region, forecast_id, ordinal)
);
CREATE INDEX forecast_windows_window ON forecast_windows (window_station, window_start, window_revision);

CREATE TRIGGER forecasts_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON forecasts
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
CREATE TRIGGER forecast_windows_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON forecast_windows
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();

CREATE FUNCTION tremorcast_keep_referenced_window() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM forecast_windows f WHERE f.window_station = OLD.station AND f.window_start = OLD.window_start
             AND f.window_revision = OLD.revision) THEN
    RAISE EXCEPTION 'a forecast refers to this window revision' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER weekly_windows_keep_referenced BEFORE DELETE ON weekly_windows
  FOR EACH ROW EXECUTE FUNCTION tremorcast_keep_referenced_window();

CREATE TABLE verifications (
  region text COLLATE "C" NOT NULL,
  forecast_id text COLLATE "C" NOT NULL,
  valid_from timestamptz NOT NULL,
  purpose smallint NOT NULL,
  verified_at timestamptz NOT NULL,
  observed_class integer NOT NULL,
  largest_magnitude float8,
  events integer NOT NULL,
  catalogue_snapshot text NOT NULL,
  probabilities float8[] NOT NULL,
  climatology float8[] NOT NULL,
  model_used boolean NOT NULL,
  model_version text COLLATE "C" NOT NULL,
  log_score float8 NOT NULL,
  information_gain float8 NOT NULL,
  observed_class_after_issue integer NOT NULL,
  information_gain_after_issue float8 NOT NULL,
  PRIMARY KEY (region, forecast_id)
);
