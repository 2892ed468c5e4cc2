#pragma once

// Emptying what ingestion writes while a server runs on the same database.

#include <string>
#include <vector>

namespace tremorcast {

// Statements that empty the tables, to be run one by one and each in a transaction of its own. One
// TRUNCATE of all of them would hold the first while it waits for the last, and a job that reads
// several tables in one transaction (the self-check: dirty_windows, then station_weeks) may hold
// the last while it waits for the first. Whoever holds one table at a time is part of no such
// circle, whatever order the jobs have.
inline std::vector<std::string> EmptyIngestTables() {
  std::vector<std::string> statements;
  for (const char* table :
       {"observations", "ingest_batches", "ingest_positions", "ingest_high_water", "station_weeks", "dirty_windows"}) {
    statements.push_back(std::string("TRUNCATE ") + table);
  }
  return statements;
}

}  // namespace tremorcast
