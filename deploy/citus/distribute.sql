-- Spreads the tables over the workers of a Citus cluster: what grows with the stations by station, what everybody reads whole to every node.
--
--   psql -v ON_ERROR_STOP=1 -f deploy/citus/distribute.sql      on the coordinator, once, by the owner of the tables
--
-- Run it after the first start of tremorcast-server made the schema, and before rows come in. docs/SCALING.md says from how many stations on it
-- is worth while, and which statements of the server have to change first: the schema is ready for Citus, the ingest transaction is not.
-- The test citus_test reads this file: each table is placed once, each unique key holds its distribution column, keys and joins stay on one node.

BEGIN;

-- The triggers of these tables read nothing, or only forecast_windows, which every node has whole.
SET LOCAL citus.enable_unsafe_triggers TO on;

SELECT create_distributed_table('observations', 'station');
SELECT create_distributed_table('ingest_batches', 'station', colocate_with => 'observations');
SELECT create_distributed_table('ingest_positions', 'station', colocate_with => 'observations');
SELECT create_distributed_table('ingest_high_water', 'station', colocate_with => 'observations');
SELECT create_distributed_table('station_weeks', 'station', colocate_with => 'observations');
SELECT create_distributed_table('weekly_windows', 'station', colocate_with => 'observations');
SELECT create_distributed_table('dirty_windows', 'station', colocate_with => 'observations');
SELECT create_distributed_table('observation_corrections', 'station', colocate_with => 'observations');

SELECT create_reference_table('stations');
SELECT create_reference_table('regions');
SELECT create_reference_table('events');
SELECT create_reference_table('catalogue_completeness');
SELECT create_reference_table('identity_decisions');
SELECT create_reference_table('forecasts');
SELECT create_reference_table('forecast_windows');
SELECT create_reference_table('forecast_rungs');
SELECT create_reference_table('forecast_outlooks');
SELECT create_reference_table('forecast_station_horizons');
SELECT create_reference_table('verifications');
SELECT create_reference_table('shadow_forecasts');
SELECT create_reference_table('model_versions');
SELECT create_reference_table('promotions');
SELECT create_reference_table('training_runs');
SELECT create_reference_table('dropped_weeks');

-- schema_migrations stays on the coordinator: only servers that start read it, and they come here.

COMMIT;
