#include "core/ladder/etas_artifact.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/etas/etas_outlook.h"
#include "core/etas/etas_simulator.h"

namespace tremorcast {
namespace {

bool IsDistribution(const ClassProbabilities& p) {
  double sum = 0;
  for (const double value : p) {
    if (!(value >= 0)) return false;  // true for NaN as well
    sum += value;
  }
  return std::abs(sum - 1) < 1e-6;
}

// Whoever loads the model runs it: it must end.
absl::Status ValidateGolden(const EtasGolden& golden) {
  constexpr int64_t kMostCatalogues = 10'000;
  constexpr double kMostDays = 3660;
  const auto days = [](double d) { return d > 0 && d <= kMostDays; };
  if (golden.catalogues < 1 || golden.catalogues > kMostCatalogues || !days(golden.past_days) ||
      !days(golden.horizon_days) || !std::isfinite(golden.expected)) {
    return absl::InvalidArgumentError("the self-test asks for too much, or for nothing");
  }
  int64_t sum = 0;
  for (const int64_t catalogues : golden.classes) {
    if (catalogues < 0 || catalogues > golden.catalogues) return absl::InvalidArgumentError("the self-test miscounts");
    sum += catalogues;
  }
  return sum == golden.catalogues ? absl::OkStatus() : absl::InvalidArgumentError("the self-test miscounts");
}

}  // namespace

absl::Status ValidateEtasArtifact(const EtasArtifact& artifact) {
  RETURN_IF_ERROR(ValidateEtasModel(artifact.model));
  if (const double ratio = BranchingRatio(artifact.model.parameters, artifact.model.magnitudes); !(ratio < 1)) {
    return absl::InvalidArgumentError(absl::StrCat("the branching ratio ", ratio, " is not below 1"));
  }
  const MagnitudeOfCompleteness& completeness = artifact.completeness;
  const bool finite =
      std::all_of(artifact.standard_errors.begin(), artifact.standard_errors.end(),
                  [](double e) { return std::isfinite(e); }) &&
      std::isfinite(completeness.goodness_of_fit + completeness.beta.standard_error + artifact.branching_ratio);
  if (!finite) return absl::InvalidArgumentError("a number of the fit is not finite");
  RETURN_IF_ERROR(ValidateGolden(artifact.golden));
  double before = artifact.model.magnitudes.lower();
  for (const double edge : artifact.classes.edges) {
    if (!(edge >= before) || !std::isfinite(edge)) {
      return absl::InvalidArgumentError("the class edges do not ascend from the completeness on");
    }
    before = edge;
  }
  if (!(artifact.pool_weight >= 0 && artifact.pool_weight <= 1)) {
    return absl::InvalidArgumentError("a pool weight outside [0, 1]");
  }
  if (artifact.catalogues < 1 || artifact.catalogues > 1'000'000) {
    return absl::InvalidArgumentError("between 1 and 1,000,000 catalogues make a forecast");
  }
  if (!IsDistribution(artifact.twin.network)) return absl::InvalidArgumentError("the twin is no distribution");
  for (const auto& [region, p] : artifact.twin.regions) {
    if (!IsDistribution(p)) {
      return absl::InvalidArgumentError(absl::StrCat("the twin of region ", region.value(), " is no distribution"));
    }
  }
  if (artifact.training_period.empty() || artifact.sources_from > artifact.training_period.begin ||
      artifact.sources_from == absl::InfinitePast() || artifact.training_period.end == absl::InfiniteFuture()) {
    return absl::InvalidArgumentError("the periods of sources and targets are out of order");
  }
  return absl::OkStatus();
}

absl::StatusOr<EtasGolden> AnswerGolden(const EtasModel& model, const MagnitudeClasses& classes, EtasGolden golden) {
  EtasEvents past;
  past.day_zero = absl::UnixEpoch();
  ASSIGN_OR_RETURN(const EtasSimulator history, EtasSimulator::Create(model, past, 0, golden.past_days, golden.seed));
  for (const SimulatedEarthquake& drawn : history.Simulate(0)) {
    past.events.push_back(
        {drawn.day, drawn.magnitude, drawn.place, ToUnitVector(drawn.place), model.region.Contains(drawn.place)});
  }
  ASSIGN_OR_RETURN(const EtasSimulator simulator,
                   EtasSimulator::Create(model, past, golden.past_days, golden.horizon_days, golden.seed + 1));
  ASSIGN_OR_RETURN(EtasTally tally,
                   EtasTally::Create({{model.region.shape}, {golden.horizon_days}, classes, {}}, simulator));
  for (int64_t i = 0; i < golden.catalogues; ++i) tally.Add(simulator.Simulate(i));
  const EtasOutlook outlook = tally.Outlook(0, 0);
  golden.classes = outlook.classes;
  golden.expected = outlook.expected;
  return golden;
}

absl::Status CheckGolden(const EtasArtifact& artifact) {
  ASSIGN_OR_RETURN(const EtasGolden now, AnswerGolden(artifact.model, artifact.classes, artifact.golden));
  int64_t moved = 0;
  for (int k = 0; k < kClasses; ++k) moved += std::abs(now.classes[k] - artifact.golden.classes[k]);
  if (moved > artifact.golden.catalogues / 50) {  // each that moved is counted twice
    return absl::FailedPreconditionError(
        absl::StrFormat("the self-test's catalogues fall into other classes than when the model was written "
                        "(%d of %d; expected events %g, were %g)",
                        moved / 2, artifact.golden.catalogues, now.expected, artifact.golden.expected));
  }
  return absl::OkStatus();
}

std::string DescribeEtasArtifact(const EtasArtifact& artifact) {
  std::string text;
  for (int i = 0; i < kEtasParameters; ++i) {
    absl::StrAppendFormat(&text, "%s=%.4g ", EtasParameterName(static_cast<EtasParameter>(i)),
                          artifact.model.parameters.value[static_cast<size_t>(i)]);
  }
  absl::StrAppendFormat(&text, "b=%.2f Mc=%.1f branching=%.2f w=%.2f",
                        artifact.model.magnitudes.beta / std::numbers::ln10, artifact.model.magnitudes.completeness,
                        artifact.branching_ratio, artifact.pool_weight);
  return text;
}

std::string EtasRuntimeName() {
  std::string name = "etas 1";
#ifdef __GLIBC__
  absl::StrAppend(&name, " glibc ", __GLIBC__, ".", __GLIBC_MINOR__);
#endif
#ifdef __x86_64__
  // The C library has an exp and a log of its own for processors that multiply and add at once.
  absl::StrAppend(&name, " x86-64", __builtin_cpu_supports("fma") ? " fma" : "");
#elif defined(__aarch64__)
  name += " aarch64";
#endif
  return name;
}

}  // namespace tremorcast
