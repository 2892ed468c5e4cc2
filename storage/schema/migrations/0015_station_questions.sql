-- Stations' models that learnt another question than the weekly one: issued on another day of the
-- week, or of fewer days.

ALTER TABLE model_versions ADD COLUMN issue_day smallint NOT NULL DEFAULT 0;     -- days after the week begins
ALTER TABLE model_versions ADD COLUMN horizon_days smallint NOT NULL DEFAULT 7;  -- of the station rung

-- What such models of fewer days said in a forecast.
CREATE TABLE forecast_station_horizons (
  region text COLLATE "C" NOT NULL,
  forecast_id text COLLATE "C" NOT NULL,
  horizon_days smallint NOT NULL,
  climatology float8[] NOT NULL,         -- of so many days
  model_version text COLLATE "C" NOT NULL,
  weights_sha256 text NOT NULL,
  training_from timestamptz NOT NULL,
  training_to timestamptz NOT NULL,
  git_revision text NOT NULL,
  probabilities float8[] NOT NULL,       -- pooled with the rung below
  before_pool float8[],
  pool_weight float8 NOT NULL,
  demonstrated_skill boolean NOT NULL,
  answers boolean NOT NULL,
  verdict text NOT NULL,
  runtime text NOT NULL,
  PRIMARY KEY (region, forecast_id, horizon_days)
);

CREATE TRIGGER forecast_station_horizons_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON forecast_station_horizons
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
