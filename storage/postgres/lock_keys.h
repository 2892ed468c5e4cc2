#pragma once

// Names of PostgreSQL advisory locks as 64-bit keys. Every process must make the same key of the
// same name, so the hash is spelled out here (FNV-1a, 64 bits). Two names with one key would only
// wait for each other. Pure.
//
// Order of locking, everywhere: (station, week) locks sorted by key, then table rows in key order,
// then sequence locks.

#include <cstdint>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/ids.h"

namespace tremorcast {

constexpr int64_t LockKey(absl::string_view name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return static_cast<int64_t>(hash);
}

inline constexpr int64_t kMigrationLock = LockKey("tremorcast/migrations");
inline constexpr int64_t kPartitionLock = LockKey("tremorcast/partitions");
inline constexpr int64_t kForecastSequenceLock = LockKey("tremorcast/forecasts");
inline constexpr int64_t kPromotionSequenceLock = LockKey("tremorcast/promotions");
inline constexpr int64_t kCatalogueLock = LockKey("tremorcast/catalogue");
inline constexpr int64_t kNetworkLock = LockKey("tremorcast/network");

// What is led. Each has one leader per database.
inline constexpr char kServerJobsLeader[] = "server/jobs";
inline constexpr char kTrainerLeader[] = "trainer";  // of the station rung
inline constexpr char kCatalogueTrainerLeader[] = "trainer/catalogue";
// The lock a leader holds.
inline int64_t LeaderLockKey(absl::string_view name) { return LockKey(absl::StrCat("tremorcast/leader/", name)); }

// Ingestion holds it shared, the sealer exclusively.
inline int64_t StationWeekLock(const StationId& station, absl::Time week) {
  return LockKey(absl::StrCat("tremorcast/week/", station.value(), "/", absl::ToUnixSeconds(week)));
}

}  // namespace tremorcast
