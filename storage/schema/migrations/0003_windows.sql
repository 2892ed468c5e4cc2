-- Sealed weeks and archived rolling windows, one row per revision, never changed afterwards.

CREATE TABLE weekly_windows (
  station text COLLATE "C" NOT NULL,
  window_start timestamptz NOT NULL,
  revision integer NOT NULL CHECK (revision >= 1),
  rolling boolean NOT NULL,              -- true: starts off the week grid
  slots integer NOT NULL,
  magn_rows integer NOT NULL,
  sound_rows integer NOT NULL,
  available_at timestamptz NOT NULL,     -- when its last row became known
  sealed_at timestamptz NOT NULL,
  content_hash bytea NOT NULL,
  codec smallint NOT NULL,               -- 1: float32, byte-shuffled, zstd
  values bytea NOT NULL,                 -- [95, slots], NaN = missing
  PRIMARY KEY (station, window_start, revision)
);
ALTER TABLE weekly_windows ALTER COLUMN values SET STORAGE EXTERNAL;
CREATE INDEX weekly_windows_start ON weekly_windows (window_start, station) WHERE NOT rolling;

-- Sealed weeks that received rows afterwards.
CREATE TABLE dirty_windows (
  station text COLLATE "C" NOT NULL,
  week timestamptz NOT NULL,
  marked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (station, week)
);

CREATE FUNCTION tremorcast_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER weekly_windows_immutable BEFORE UPDATE OR TRUNCATE ON weekly_windows
  FOR EACH STATEMENT EXECUTE FUNCTION tremorcast_refuse_change();
