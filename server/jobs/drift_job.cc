#include "server/jobs/drift_job.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/observation/drift.h"
#include "core/observation/feature_schema.h"

namespace tremorcast {

absl::StatusOr<DriftJob::Samples> DriftJob::Read(absl::Span<const WindowInfo> windows,
                                                 const std::function<bool()>& may_continue) {
  Samples samples(static_cast<size_t>(kFeatures));
  const size_t wanted = std::min<size_t>(windows.size(), static_cast<size_t>(options_.most_windows));
  for (size_t i = 0; i < wanted; ++i) {
    if (!may_continue()) return absl::CancelledError("stopped between two windows");
    ASSIGN_OR_RETURN(const auto window, windows_.Read(windows[i * windows.size() / wanted].key));
    for (int c = 0; c < kFeatures; ++c) {
      const absl::Span<const float> channel = window->channel(c);
      for (size_t slot = 0; slot < channel.size(); slot += static_cast<size_t>(options_.stride)) {
        samples[static_cast<size_t>(c)].push_back(channel[slot]);
      }
    }
  }
  return samples;
}

absl::Status DriftJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  ASSIGN_OR_RETURN(const auto champions, registry_.Champions(now));
  const auto champion = champions.find(RegionId(kNetworkScope));
  if (champion == champions.end()) {
    metrics_.feature_drift_psi.Clear();
    done_.clear();
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto record, registry_.Get(champion->second.version));
  const Interval recent_weeks = {now - (options_.recent_weeks + 1) * kWeekLength, now};
  ASSIGN_OR_RETURN(const auto recent, windows_.ListAsOfIssue(recent_weeks, absl::InfiniteDuration()));
  const std::string situation = absl::StrCat(record.model.version.value(), " ", recent.size(), " ",
                                             recent.empty() ? 0 : absl::ToUnixSeconds(recent.back().key.start));
  if (situation == done_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto training, windows_.ListAsOfIssue(record.model.training_period, absl::InfiniteDuration()));
  ASSIGN_OR_RETURN(const auto before, Read(training, may_continue));
  ASSIGN_OR_RETURN(const auto after, Read(recent, may_continue));

  metrics_.feature_drift_psi.Clear();
  for (const Signal signal : {Signal::kMagn, Signal::kSound}) {
    std::optional<double> worst;
    for (int c = FirstChannel(signal); c < FirstChannel(signal) + FeatureCount(signal); ++c) {
      const auto bins = QuantileBins::Fit(before[static_cast<size_t>(c)], options_.bins);
      if (!bins.ok()) continue;  // a feature without values on this side or that cannot have moved
      const auto psi = bins->Psi(after[static_cast<size_t>(c)]);
      if (psi.ok()) worst = std::max(worst.value_or(0), *psi);
    }
    if (worst.has_value()) metrics_.feature_drift_psi.Set({std::string(SignalName(signal))}, *worst);
  }
  done_ = situation;
  return absl::OkStatus();
}

}  // namespace tremorcast
