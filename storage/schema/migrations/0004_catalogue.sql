-- Earthquakes of every catalogue, one row per revision. Distributed by source or kept whole on every node.

CREATE TABLE events (
  source text COLLATE "C" NOT NULL,
  source_event_id text COLLATE "C" NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  origin_time timestamptz NOT NULL,
  latitude_deg float8 NOT NULL,
  longitude_deg float8 NOT NULL,
  depth_km float8,
  magnitude float8 NOT NULL,
  magnitude_type text NOT NULL,
  place text NOT NULL,
  deleted boolean NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (source, source_event_id, revision)
);
CREATE INDEX events_origin_time ON events (origin_time);

CREATE TABLE catalogue_completeness (
  source text COLLATE "C" PRIMARY KEY,
  complete_until timestamptz NOT NULL
);
