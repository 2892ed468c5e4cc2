-- The ladder: models of the catalogue rung, and what each rung answered in each forecast.

ALTER TABLE model_versions ADD COLUMN rung smallint NOT NULL DEFAULT 2;  -- 1 catalogue, 2 stations

ALTER TABLE forecasts ADD COLUMN issue smallint NOT NULL DEFAULT 1;      -- 1 weekly, 2 daily, 3 event
ALTER TABLE forecasts ADD COLUMN trigger_event text NOT NULL DEFAULT '';  -- of an event issue

-- What each rung that was looked at would have been issued with, and why it answered or not.
CREATE TABLE forecast_rungs (
  region text COLLATE "C" NOT NULL,
  forecast_id text COLLATE "C" NOT NULL,
  rung smallint NOT NULL,                -- 0 climatology, 1 catalogue, 2 stations
  model_version text COLLATE "C" NOT NULL,  -- '': none
  weights_sha256 text NOT NULL,
  training_from timestamptz NOT NULL,
  training_to timestamptz NOT NULL,
  git_revision text NOT NULL,
  probabilities float8[] NOT NULL,       -- pooled with the rung below
  before_pool float8[],
  pool_weight float8 NOT NULL,
  demonstrated_skill boolean NOT NULL,
  answers boolean NOT NULL,              -- its probabilities were issued
  verdict text NOT NULL,
  runtime text NOT NULL,
  PRIMARY KEY (region, forecast_id, rung)
);

-- What the catalogue rung's simulated catalogues say, by horizon.
CREATE TABLE forecast_outlooks (
  region text COLLATE "C" NOT NULL,
  forecast_id text COLLATE "C" NOT NULL,
  horizon_days float8 NOT NULL,
  probabilities float8[] NOT NULL,       -- before the pool
  expected float8 NOT NULL,              -- events from the first edge on
  expected_low integer NOT NULL,         -- the middle 95 % of the catalogues
  expected_high integer NOT NULL,
  completeness float8 NOT NULL,          -- magnitude from which on the catalogue lists every event
  known_at timestamptz NOT NULL,         -- event revisions recorded later were not seen
  complete_until timestamptz NOT NULL,
  last_event timestamptz NOT NULL,
  sources bigint NOT NULL,               -- events that it was given
  catalogues bigint NOT NULL,
  PRIMARY KEY (region, forecast_id, horizon_days)
);

CREATE TRIGGER forecast_rungs_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON forecast_rungs
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
CREATE TRIGGER forecast_outlooks_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON forecast_outlooks
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
