#pragma once

// Lets verified weeks decide who answers: after each verification it asks core/skill/skill_policy.h
// what the evidence of each scope says, exports it, and, with `auto_promote` alone, acts through
// the promotions ledger as a person would (actor kAutoActor, the evidence as the reason). Without
// it a change of mind is logged once and shown as pending.
//
//   promote, restore -> a promotion     roll back -> a rollback     fall back -> a withdrawal: the scope is answered by
//   the network's model, or by climatology
//
// At most one entry per scope and tick, and none when somebody else wrote to the ledger meanwhile:
// the next tick judges anew. Whatever changes who answers starts the evidence anew, so that nothing
// swings.
//
// Leader only. Blocks on the stores. Errors: those of the stores and the registry; one scope's
// failure does not stop the others.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/skill/skill_policy.h"
#include "server/jobs/job.h"
#include "server/jobs/skill_view.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class SkillJob : public Job {
 public:
  struct Options {
    bool auto_promote = false;
    SkillPolicy policy;
    absl::Duration period = absl::Minutes(1);
  };
  SkillJob(Options options, NetworkDirectory& network, ForecastStore& forecasts, ModelRegistry& registry,
           SkillMetrics& metrics, const Log& log)
      : options_(std::move(options)),
        network_(network),
        forecasts_(forecasts),
        registry_(registry),
        metrics_(metrics),
        log_(log) {}
  absl::string_view name() const override { return "skill"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;
  // Called after each entry in the ledger (poke the model watch).
  void OnActed(std::function<void()> callback) { on_acted_ = std::move(callback); }

 private:
  absl::Status Judge(const ScopeView& scope, const SkillView& view, absl::Time now);
  absl::Status Act(const ScopeView& scope, const SkillDecision& decision, absl::Time now);
  void NoteChange(const ScopeView& scope, const SkillDecision& decision);
  void Export(const ScopeView& scope, const SkillEvidence& evidence, const SkillDecision& decision);

  const Options options_;
  NetworkDirectory& network_;
  ForecastStore& forecasts_;
  ModelRegistry& registry_;
  SkillMetrics& metrics_;
  const Log& log_;
  std::function<void()> on_acted_;
  std::map<RegionId, std::string> judged_;  // what each scope's verdict rests on, to judge it once
  std::map<RegionId, std::string> noted_;   // the verdict last logged
};

}  // namespace tremorcast
