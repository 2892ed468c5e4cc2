#pragma once

// Archives, beside each region's scored forecast, what the contenders of its scope answer to the
// same recorded inputs: the champion (its issued answer, or what it would have said where
// climatology was issued), the champion before it, the withdrawn one, and the challenger on trial;
// and what the catalogue-only model says. So every verdict on a model rests on answers given before
// the week was known. Nothing of it is served.
//
// An answer is archived only while the forecast itself could still be scored (`max_grace` after the
// week began), for models published before the forecast was issued, and where there was enough data
// for a model. The largest difference of P(M >= edge) between challenger and issued forecast is
// exported even where that is over.
//
// Leader only. Blocks on stores and models. Errors: those of the stores, the registry and the
// forecaster; what fails for one model or region does not stop the others, and is tried again.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/catalogue/event.h"
#include "core/ports/event_store.h"
#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/skill/skill_policy.h"
#include "server/jobs/job.h"
#include "server/jobs/skill_view.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace tremorcast {

class ShadowJob : public Job {
 public:
  struct Options {
    absl::Duration max_grace = absl::Hours(6);  // IssueJob's
    SkillPolicy policy;                         // how long trials last
    std::vector<std::string> catalogue_precedence = DefaultCataloguePrecedence();
    absl::Duration period = absl::Minutes(1);
  };
  ShadowJob(Options options, Forecaster& forecaster, NetworkDirectory& network, ForecastStore& forecasts,
            EventStore& events, ModelRegistry& registry, ModelHost& models, ModelMetrics& metrics, const Log& log)
      : options_(std::move(options)),
        forecaster_(forecaster),
        network_(network),
        forecasts_(forecasts),
        events_(events),
        registry_(registry),
        models_(models),
        metrics_(metrics),
        log_(log) {}
  absl::string_view name() const override { return "shadow"; }
  bool leader_only() const override { return true; }
  absl::Duration period() const override { return options_.period; }
  absl::Status Tick(absl::Time now, const std::function<bool()>& may_continue) override;

 private:
  absl::StatusOr<std::string> Situation(const std::vector<Region>& regions);
  absl::StatusOr<std::vector<Forecast>> FirstIssues(const SkillScope& scope);
  absl::Status Answer(const ScopeView& scope, const SkillView& view, const ModelVersion& version,
                      const std::vector<Forecast>& issued, absl::Time now);
  absl::Status AnswerFromCatalogueAlone(const std::vector<Region>& regions, const SkillView& view,
                                        const std::vector<Forecast>& issued, absl::Time now);
  bool Prospective(const Forecast& issued, absl::Time now) const;
  // `model`: null loads it when its twin has not answered yet.
  absl::Status AnswerWithTwin(const SkillView& view, const ModelVersion& version, const Forecast& issued,
                              const Forecast& answer, std::shared_ptr<const ServedModel>& model, absl::Time now);
  absl::Status ArchiveCatalogueRung(const SkillView& view, const std::vector<Forecast>& issued);
  absl::Status ArchiveRungBelow(const SkillView& view, const std::vector<Forecast>& issued);
  absl::Status Archive(const Forecast& issued, const Forecast& answer, bool served, absl::Time now);
  double ExportDivergence(const Forecast& issued, const ClassProbabilities& theirs);

  const Options options_;
  Forecaster& forecaster_;
  NetworkDirectory& network_;
  ForecastStore& forecasts_;
  EventStore& events_;
  ModelRegistry& registry_;
  ModelHost& models_;
  ModelMetrics& metrics_;
  const Log& log_;
  std::string done_;  // the situation in which nothing was left to do
};

}  // namespace tremorcast
