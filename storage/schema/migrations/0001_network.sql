-- Stations and regions. One row per revision; the newest revision is the present state. Ids compare bytewise, as they do in the program.

CREATE TABLE stations (
  station text COLLATE "C" NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  title text NOT NULL,
  latitude_deg float8 NOT NULL,
  longitude_deg float8 NOT NULL,
  magn_updating boolean NOT NULL,
  sound_updating boolean NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz NOT NULL,
  simulated boolean NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (station, revision)
);

CREATE TABLE regions (
  region text COLLATE "C" NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  title text NOT NULL,
  -- Ring of (latitude, longitude) pairs, the first point not repeated.
  polygon_latitudes_deg float8[] NOT NULL,
  polygon_longitudes_deg float8[] NOT NULL,
  stations text[] NOT NULL,
  whole_network boolean NOT NULL,
  simulated boolean NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (region, revision)
);
