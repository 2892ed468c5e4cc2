#pragma once

// What the append-only promotions ledger says: who is champion, and whom a rollback brings back.
// Pure functions over the entries of one scope, oldest first, so that every registry answers alike.
//
// A rollback takes back the newest promotion that still stands, as often as it is asked: A, B, C,
// rollback, rollback ends at A and never swings between C and B. Withdrawals are steps like any
// other, but a rollback never brings back "no champion".

#include <optional>
#include <vector>

#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/skill/records.h"

namespace tremorcast {

// The champions that still stand, oldest first; an empty version is a withdrawal.
inline std::vector<ModelVersion> StandingChampions(absl::Span<const Promotion> scope_entries) {
  std::vector<ModelVersion> standing;
  for (const Promotion& entry : scope_entries) {
    if (entry.kind == PromotionKind::kRollback) {
      while (!standing.empty() && standing.back() != entry.version) standing.pop_back();
      if (!standing.empty()) continue;
    }
    if (standing.empty() || standing.back() != entry.version) standing.push_back(entry.version);
  }
  return standing;
}

// The champion; an empty version when there is none.
inline ModelVersion CurrentChampion(absl::Span<const Promotion> scope_entries) {
  return scope_entries.empty() ? ModelVersion() : scope_entries.back().version;
}

// The version a rollback promotes, or nothing when no earlier champion stands.
inline std::optional<ModelVersion> RollbackTarget(absl::Span<const Promotion> scope_entries) {
  std::vector<ModelVersion> standing = StandingChampions(scope_entries);
  while (!standing.empty() && standing.back() == CurrentChampion(scope_entries)) standing.pop_back();
  while (!standing.empty() && standing.back().empty()) standing.pop_back();
  if (standing.empty()) return std::nullopt;
  return standing.back();
}

}  // namespace tremorcast
