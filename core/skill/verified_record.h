#pragma once

// What verified weeks in service amount to, of a region's issued forecasts or of a model's answers:
// gains over each reference of the gate, how sure they are, and whether they demonstrate skill or
// speak against it (METHOD.md section 5). Pure; thread safe.
//
// Evidence is looked at every week, so it is an e-process over each reference, never an interval.
// It is looked at for several regions (or models) too, and with climatology true some one of eight
// reaches 20 to 1 far more often than once in twenty. So each must reach 20 times their number:
// then, whatever they have to do with each other, some one of them does so with a chance of at most
// 5 % (Ville's inequality for each, and the sum of the chances; docs/decisions/0024).

#include <optional>
#include <string>
#include <vector>

#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/forecast/forecast.h"
#include "core/forecast/shadow_forecast.h"
#include "core/skill/skill_evidence.h"
#include "core/skill/skill_policy.h"
#include "core/verification/scores.h"

namespace tremorcast {

// A gain has an interval from so many weeks on, if so many of them had an event. Before that no
// interval holds what it says: a region without an event in its record has gains that hardly vary,
// and nobody can tell what the next event will cost. From here on Student's interval for dependent
// weeks (core/significance/long_run_variance.h) misses 2 to 8 % of the time, on average 5 %
// (docs/EVALUATION.md).
inline constexpr int kWeeksForInterval = 26;
inline constexpr int kEventWeeksForInterval = 10;

// From so many weeks on a mean below 0 keeps a model from being said to have shown skill.
inline constexpr int kWeeksForMean = 8;

// Over one reference: a mean in nats per region-week, and the evidence.
struct RecordedGain {
  double mean = 0;
  std::optional<double> low, high;  // 95 %; see kWeeksForInterval
  int interval_degrees = 0;         // of freedom behind the interval; 0 without one
  int weeks = 0;                    // in which both answered
  double log_evidence = 0;          // e-process for the forecasts: sum ln(p / reference)
  double log_against = 0;           // for the reference
};
// Nothing without gains.
std::optional<RecordedGain> RecordGain(const GainSeries& gains);
// "+0.100 [0.050, 0.150]"; the mean alone without an interval.
std::string Describe(const RecordedGain& gain);

struct VerifiedRecord {
  int weeks_scored = 0;
  int event_weeks = 0;
  // Absent until there is something to average; over the last two in the weeks in which they
  // answered.
  std::optional<RecordedGain> over_climatology;
  std::optional<RecordedGain> over_catalogue;  // the catalogue-only model
  std::optional<RecordedGain> over_twin;       // the input-free twin of the model that answered
  // The rung below, where that was not climatology throughout; asked only then.
  std::optional<RecordedGain> over_below;
  bool catalogue_asked = true;  // false of the catalogue rung, which is such a model itself
  int looked_at = 1;            // regions or models that are looked at beside each other
  bool enough = true;           // as many weeks and events as policy asks for

  // ln(20 looked_at): what log_evidence must reach over each reference.
  double log_evidence_needed() const;
};

// Whether each reference of the gate was beaten. Only that supports the word precursor too.
bool Demonstrates(const VerifiedRecord& record);
// What is missing for that, in words: "evidence against climatology 7.39 to 1", "the input-free
// twin has not answered beside them"; empty when Demonstrates. Without what policy asks for.
std::vector<std::string> Lacking(const VerifiedRecord& record);
// "climatology", where the record speaks against the forecasts: the interval of a gain lies below
// 0, evidence for the reference has reached 20 to 1, or the mean is below 0 after kWeeksForMean
// weeks. Empty where it does not.
std::string WorseThan(const VerifiedRecord& record);
// "61 verified weeks, 22 with an event, gain over climatology +0.080 [...] nats per region-week, ..."
std::string Describe(const VerifiedRecord& record);

// Of the answers of `model` in all of `regions` since it was published, served or beside what was
// served. Looked at beside each other: all models with answers among `shadows`, which may be of any
// model and region, as `answers` (VerifyShadows of them).
VerifiedRecord RecordOfModel(const ModelVersion& model, Rung rung, absl::Span<const Region> regions,
                             absl::Span<const ShadowForecast> shadows, absl::Span<const VerifiedAnswer> answers,
                             const SkillPolicy& policy);

}  // namespace tremorcast
