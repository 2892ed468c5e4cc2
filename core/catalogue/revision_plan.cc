#include "core/catalogue/revision_plan.h"

#include <optional>

namespace tremorcast {
namespace {

bool Outdated(const std::optional<absl::Time>& updated, const SeismicEvent& stored) {
  return updated.has_value() && stored.updated.has_value() && *updated < *stored.updated;
}

}  // namespace

void RevisionPlan::Add(SeismicEvent event) {
  event.revision = 1;
  event.recorded_at = recorded_at_;
  const auto [known, is_first] = newest_.try_emplace({event.source, event.source_event_id});
  if (!is_first) {
    SeismicEvent same = event;
    same.revision = known->second.revision;
    same.recorded_at = known->second.recorded_at;
    if (same == known->second) {
      ++counts_.unchanged;
      return;
    }
    if (Outdated(event.updated, known->second)) {
      ++counts_.outdated;
      return;
    }
    event.revision = known->second.revision + 1;
  }
  ++(is_first ? counts_.inserted : counts_.revised);
  known->second = event;
  added_.push_back(std::move(event));
}

void RevisionPlan::Withdraw(const EventWithdrawal& withdrawal) {
  const auto known = newest_.find({withdrawal.source, withdrawal.source_event_id});
  if (known == newest_.end() || known->second.deleted) return;
  if (Outdated(withdrawal.updated, known->second)) {
    ++counts_.outdated;
    return;
  }
  SeismicEvent next = known->second;
  next.deleted = true;
  if (withdrawal.updated.has_value()) next.updated = withdrawal.updated;
  ++next.revision;
  next.recorded_at = recorded_at_;
  ++counts_.withdrawn;
  known->second = next;
  added_.push_back(std::move(next));
}

}  // namespace tremorcast
