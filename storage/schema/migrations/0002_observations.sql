-- Rows as stations send them, one per (station, signal, slot), in one partition per service week (Sunday 00:00 UTC+8). Every unique key
-- contains the station, by which the tables would be distributed.

CREATE TABLE observations (
  slot timestamptz NOT NULL,             -- start of the ten minutes
  received_at timestamptz NOT NULL,
  signal smallint NOT NULL,              -- 0 magn, 1 sound
  delivery smallint NOT NULL,            -- 1 live: known at received_at; 2 backfill: known at the slot's end plus a latency
  station text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  values real[] NOT NULL,                -- 51 or 44 features in schema order
  PRIMARY KEY (station, signal, slot)
) PARTITION BY RANGE (slot);
ALTER TABLE observations ALTER COLUMN values SET STORAGE PLAIN;

-- Idempotency: what was answered to a batch id. verdicts NULL: every row was accepted.
CREATE TABLE ingest_batches (
  station text COLLATE "C" NOT NULL,
  batch_id text COLLATE "C" NOT NULL,
  content_hash bytea NOT NULL,
  verdicts bytea,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (station, batch_id)
);
CREATE INDEX ingest_batches_expires_at ON ingest_batches (expires_at);

-- The client's own resume token, written in the commit of the batch that carried it.
CREATE TABLE ingest_positions (
  station text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  position text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (station, source)
) WITH (fillfactor = 70);

-- Newest stored slot. Ingestion locks these rows, in key order: above the mark a row cannot exist, so it may be copied straight in.
CREATE TABLE ingest_high_water (
  station text COLLATE "C" NOT NULL,
  signal smallint NOT NULL,
  slot timestamptz NOT NULL,
  PRIMARY KEY (station, signal)
) WITH (fillfactor = 50);

-- Which weeks a station has rows in, and when the newest of them came: a pair is sealed once it is at rest.
CREATE TABLE station_weeks (
  station text COLLATE "C" NOT NULL,
  week timestamptz NOT NULL,
  last_received_at timestamptz NOT NULL,
  PRIMARY KEY (station, week)
) WITH (fillfactor = 50);
