-- What other models answered beside an issued forecast, from the same inputs. Scored by that forecast's verification.

CREATE TABLE shadow_forecasts (
  region text COLLATE "C" NOT NULL,
  forecast_id text COLLATE "C" NOT NULL,
  model_version text COLLATE "C" NOT NULL,
  valid_from timestamptz NOT NULL,
  purpose smallint NOT NULL,             -- 1 operational, 3 test
  answered_at timestamptz NOT NULL,
  probabilities float8[] NOT NULL,       -- classes 0 to 4, as they would have been issued
  pool_weight float8 NOT NULL,
  served boolean NOT NULL,               -- they were issued
  weights_sha256 text NOT NULL,
  runtime text NOT NULL,
  input_hash text NOT NULL,
  PRIMARY KEY (region, forecast_id, model_version)
);
CREATE TRIGGER shadow_forecasts_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON shadow_forecasts
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
