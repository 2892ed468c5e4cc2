#pragma once

// Models, promotions and training runs as the registry keeps them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/forecast/model_provenance.h"
#include "core/forecast/rung.h"
#include "core/forecast/station_question.h"

namespace tremorcast {

struct ModelRecord {
  ModelProvenance model;  // its version is unique
  absl::Time created_at;
  int64_t artifact_bytes = 0;
  std::string manifest_json;  // the checkpoint's manifest, as text
  std::string feature_schema_hash;
  std::string data_hash;
  std::string training_run;  // id, "" when imported
  // The gate's verdict when it was published.
  bool demonstrated_skill = false;
  std::string verdict;
  std::string scores_json;      // name -> number, what the gate saw
  bool simulated = false;       // trained on simulated data
  Rung rung = Rung::kStations;  // kCatalogue: its artifact is core/ladder/etas_artifact.h
  StationQuestion question;     // of the station rung
};

enum class PromotionKind : int8_t { kPromote = 1, kRollback = 2, kWithdraw = 3 };

// The ledger is append-only; the champion of a scope is its newest entry. Scopes of the station
// rung: a region id, or kNetworkScope for all regions without their own, and of models of another
// question than the weekly one ScopeOf(StationQuestion). The catalogue rung has one, kCatalogueScope:
// its model is of all regions together.
struct Promotion {
  int64_t sequence = 0;  // set by the store, in commit order
  RegionId scope;
  ModelVersion version;   // empty for kWithdraw: the scope falls back to the network's, or to climatology
  ModelVersion previous;  // champion before; set by the store
  PromotionKind kind = PromotionKind::kPromote;
  std::string reason;  // "gate: gain +0.21 [0.08, 0.34]" or what a person said
  std::string actor;   // "trainer", kAutoActor or a person
  absl::Time promoted_at;
};
inline constexpr char kCatalogueScope[] = "_catalogue";
inline Rung RungOfScope(const RegionId& scope) {
  return scope.value() == kCatalogueScope ? Rung::kCatalogue : Rung::kStations;
}
// InvalidArgument: a model of this rung and question cannot answer in that scope.
absl::Status CheckScope(const RegionId& scope, Rung rung, const StationQuestion& question);
// The name under which trainers write to the ledger.
inline constexpr char kTrainerActor[] = "trainer";
// The name under which the service itself writes to the ledger; nobody else may use it.
inline constexpr char kAutoActor[] = "auto";

enum class TrainingState : int8_t { kRunning = 1, kPromoted = 2, kKept = 3, kFailed = 4, kInterrupted = 5 };
absl::string_view TrainingStateName(TrainingState state);  // "running", "promoted", ...

struct TrainingRun {
  std::string id;
  TrainingState state = TrainingState::kRunning;
  absl::Time started_at;
  absl::Time updated_at;
  std::optional<absl::Time> finished_at;
  std::string stage;    // "data", "stage 1 epoch 7/60", ...
  double progress = 0;  // 0..1
  uint64_t seed = 0;
  std::string data_hash;
  std::string plan_json;  // configuration, hashed before the test period is opened
  std::string plan_hash;
  std::string scores_json;
  std::string verdict;
  ModelVersion candidate;
  std::string error;
  bool simulated = false;
};

// "20261122T153000-1a2b3c4d": UTC creation time and the first 8 digits of the artifact's SHA-256.
ModelVersion MakeModelVersion(absl::Time created_at, const std::string& sha256_hex);

}  // namespace tremorcast
