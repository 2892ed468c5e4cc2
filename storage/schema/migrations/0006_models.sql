-- Published models, who was champion when, and training runs.

CREATE TABLE model_versions (
  version text COLLATE "C" PRIMARY KEY,
  created_at timestamptz NOT NULL,
  sha256 text NOT NULL,
  artifact bytea NOT NULL,
  manifest_json text NOT NULL,
  feature_schema_hash text NOT NULL,
  data_hash text NOT NULL,
  git_revision text NOT NULL,
  training_from timestamptz NOT NULL,
  training_to timestamptz NOT NULL,
  training_run text COLLATE "C" NOT NULL,
  demonstrated_skill boolean NOT NULL,
  verdict text NOT NULL,
  scores_json text NOT NULL,
  simulated boolean NOT NULL
);
ALTER TABLE model_versions ALTER COLUMN artifact SET STORAGE EXTERNAL;
CREATE TRIGGER model_versions_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON model_versions
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();

CREATE SEQUENCE promotion_sequence;

-- The ledger: the champion of a scope is its newest entry; an empty version is a withdrawal.
CREATE TABLE promotions (
  scope text COLLATE "C" NOT NULL,       -- a region, or _network for all without their own
  sequence bigint NOT NULL,
  version text COLLATE "C" NOT NULL,
  previous text COLLATE "C" NOT NULL,
  kind smallint NOT NULL,                -- 1 promote, 2 rollback, 3 withdraw
  reason text NOT NULL,
  actor text NOT NULL,
  promoted_at timestamptz NOT NULL,
  PRIMARY KEY (scope, sequence)
);
CREATE TRIGGER promotions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promotions
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();

CREATE VIEW champions AS
  SELECT newest.* FROM (SELECT DISTINCT ON (scope) * FROM promotions ORDER BY scope, sequence DESC) newest
  WHERE newest.version <> '';

CREATE TABLE training_runs (
  id text COLLATE "C" PRIMARY KEY,
  state smallint NOT NULL,               -- 1 running, 2 promoted, 3 kept, 4 failed, 5 interrupted
  started_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  finished_at timestamptz,
  stage text NOT NULL,
  progress float8 NOT NULL,
  seed numeric(20) NOT NULL,
  data_hash text NOT NULL,
  plan_json text NOT NULL,
  plan_hash text NOT NULL,
  scores_json text NOT NULL,
  verdict text NOT NULL,
  candidate text COLLATE "C" NOT NULL,
  error text NOT NULL,
  simulated boolean NOT NULL
);
