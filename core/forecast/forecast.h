#pragma once

// A weekly forecast of one region, as archived: METHOD.md section 6 lists its parts. Immutable; a
// change is a new revision.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/catalogue/labels.h"
#include "core/forecast/model_provenance.h"
#include "core/forecast/rung.h"
#include "core/observation/window.h"

namespace tremorcast {

enum class ForecastPurpose : int8_t { kOperational = 1, kHindcast = 2, kTest = 3 };
enum class ForecastStatus : int8_t { kOk = 1, kDegraded = 2, kInsufficientData = 3 };
enum class RevisionReason : int8_t {
  kFirstIssue = 1,
  kLateData = 2,    // a window it used got a new revision
  kWithdrawn = 3,   // never to be used; the probabilities are kept for the record
  kRecomputed = 4,  // hindcast asked for again with other inputs
};

// Why it was issued at this T. Weekly ones are the public record.
enum class IssueKind : int8_t {
  kWeekly = 1,
  kDaily = 2,  // the seven days from a midnight on; of the catalogue rung, or of stations' models of that day
  kEvent = 3,  // the seven days after a large earthquake in or near the region; of the catalogue rung
};

absl::string_view IssueKindName(IssueKind kind);         // "weekly", "daily", "event"
absl::string_view PurposeName(ForecastPurpose purpose);  // "operational", "hindcast", "test"
absl::string_view StatusName(ForecastStatus status);
absl::string_view RevisionReasonName(RevisionReason reason);

// One station of the region in one forecast.
struct StationCoverage {
  StationId station;
  bool usable = false;
  double slot_fraction = 0;              // share of slots with a row, both signals
  std::optional<WindowKey> window;       // the revision used; nothing when the station has no window for the week
  std::vector<std::string> drift_flags;  // features whose PSI against the training period exceeds .25
};

// What one rung of the ladder says, issued or not (METHOD.md section 7).
struct RungAnswer {
  Rung rung = Rung::kClimatology;
  ModelProvenance model;                  // of no version: none was asked
  ClassProbabilities probabilities = {};  // as it would be issued: pooled with the rung below
  std::optional<ClassProbabilities> before_pool;
  double pool_weight = 0;           // with the rung below
  bool demonstrated_skill = false;  // over the rung below
  bool answers = false;             // these are the issued probabilities
  std::string verdict;              // why it answers, or why a rung below does; one sentence
  std::string runtime;              // numerical environment, see PredictorInfo::runtime

  friend bool operator==(const RungAnswer&, const RungAnswer&) = default;
};

// What the catalogue rung's simulated catalogues say of a region, before the pool.
struct HorizonOutlook {
  double days = 0;                          // from valid_from on
  ClassProbabilities probabilities = {};    // of the largest event
  double expected = 0;                      // events from the first edge on
  int expected_low = 0, expected_high = 0;  // the middle 95 % of the catalogues
  int64_t catalogues = 0;

  friend bool operator==(const HorizonOutlook&, const HorizonOutlook&) = default;
};
// What a stations' model says that was trained for fewer days than the week, from valid_from on.
struct StationHorizon {
  int days = 0;
  ClassProbabilities climatology = {};  // of so many days
  RungAnswer answer;                    // of the station rung; where it does not answer the one below does

  friend bool operator==(const StationHorizon&, const StationHorizon&) = default;
};

struct CatalogueOutlook {
  double completeness = 0;               // magnitude from which on the catalogue lists every event
  absl::Time known_at;                   // event revisions that were recorded later were not seen
  absl::Time complete_until;             // as stated; where nobody stated it, the last event
  absl::Time last_event;                 // that it was given
  int64_t sources = 0;                   // events that it was given
  std::vector<HorizonOutlook> horizons;  // ascending

  friend bool operator==(const CatalogueOutlook&, const CatalogueOutlook&) = default;
};

// The numbers the archive needs to answer "what did we know". All are stored; none is recomputed
// when read.
struct Forecast {
  // Identity: the key is (region, valid_from, purpose, revision).
  RegionId region;
  std::string id;  // MakeForecastId
  int revision = 1;
  std::string supersedes;  // id of the previous revision, "" for the first
  RevisionReason reason = RevisionReason::kFirstIssue;
  ForecastPurpose purpose = ForecastPurpose::kOperational;
  IssueKind issue = IssueKind::kWeekly;
  std::string trigger;  // of an event issue: "M 6.5 of 2026-11-14T18:00:00Z, 12 km away"; else ""
  ForecastStatus status = ForecastStatus::kInsufficientData;
  int64_t sequence = 0;  // set by the store: strictly increasing in commit order; the Watch cursor

  std::string region_title;
  std::vector<GeoPoint> region_polygon;

  absl::Time issued_at;
  absl::Time data_cutoff;  // inputs end here (= T)
  absl::Time valid_from;   // T
  absl::Time valid_to;
  absl::Time expires_at;  // after this a client should not show it
  absl::Time next_issue;
  // Issued early enough to be scored as a prospective forecast (issued_at <= T + max grace) and the
  // first revision.
  bool scored = false;

  ClassProbabilities probabilities = {};
  ClassProbabilities climatology = {};
  // Spread of the heads: smallest and largest P(M >= edge), pooled like the answer; an ensemble
  // spread, not a confidence interval.
  std::array<double, kClasses - 1> spread_low = {};
  std::array<double, kClasses - 1> spread_high = {};
  std::array<double, kClasses - 1> magnitude_edges = {3.5, 4.0, 4.5, 5.0};
  // Change of P(M >= edge) since the previous week's last revision, where there is one; of other
  // issues since the newest forecast before.
  std::optional<std::array<double, kClasses - 1>> change_since_last;

  // By rung, ascending; empty in forecasts older than the ladder.
  std::vector<RungAnswer> rungs;
  // Where the catalogue rung has a model; the week's probabilities of its answer are pooled from it.
  std::optional<CatalogueOutlook> outlook;
  // Where such models serve; ascending. Not verified in service.
  std::vector<StationHorizon> station_horizons;

  // What follows is of the rung that answers, before the pool; absent when that is climatology.
  bool model_used = false;
  std::optional<ClassProbabilities> model_probabilities;
  double pool_weight = 0;
  bool demonstrated_skill = false;
  ModelProvenance model;  // of no version when no model was asked
  // The champion that was not asked because it has no demonstrated skill and policy serves
  // climatology then; empty otherwise. Never beside a model.
  ModelVersion set_aside_model;
  std::string calibration;
  std::string runtime;  // numerical environment, see PredictorInfo::runtime

  int stations_enrolled = 0;
  int stations_usable = 0;
  std::vector<StationCoverage> stations;  // every enrolled station, id order
  std::string input_hash;  // hex; over region, window keys and content hashes, climatology, model version

  std::string catalogue_snapshot;  // which events made the climatology: "<last event time>/<events>/<hash>"
  // Label interval start for scoring without events before issued_at is derived from issued_at.
  std::string verdict;  // one plain sentence: "no demonstrated skill: ..." or what was shown
  std::vector<std::string> limitations;
};

// The rung's answer; null where the forecast has none of it.
const RungAnswer* FindRung(const Forecast& forecast, Rung rung);
// The stations' model that was asked, of forecasts older than the ladder too; of no version: none.
const ModelProvenance& StationModel(const Forecast& forecast);
// The rung whose answer was issued, also of forecasts older than the ladder.
Rung AnsweringRung(const Forecast& forecast);
// What the station rung was, or is to be, pooled with: the catalogue rung's answer where that has
// shown skill, else climatology.
const ClassProbabilities& BelowStations(const Forecast& forecast);

// "20201206T000000-operational-r1": civil time UTC+8 of valid_from.
std::string MakeForecastId(absl::Time valid_from, ForecastPurpose purpose, int revision);

// "<1 %", "3 %", ">99 %".
std::string DisplayProbability(double p);
// "about 1 in 40"; "" for p <= 0.
std::string AboutOneIn(double p);
// The sentence every forecast carries for its readers.
absl::string_view AudienceNotice();

// A later revision is worth writing when the status changes, a probability moves by 0.001 or more, or
// another model answers for fewer days.
bool DiffersMaterially(const Forecast& before, const Forecast& after);

enum class VerificationReason : int8_t {
  kFirst = 1,
  kCatalogueChanged = 2,  // an event of the week came, went, or was changed since
  kNoLongerComplete = 3,  // no standing statement vouches for the week any more: it does not count
  kCompleteAgain = 4,     // one does again
};
absl::string_view VerificationReasonName(VerificationReason reason);

// What came in a region's week.
struct ObservedWeek {
  int magnitude_class = 0;
  std::optional<double> largest_magnitude;
  int events = 0;
  friend bool operator==(const ObservedWeek&, const ObservedWeek&) = default;
};

// Outcome of one scored forecast. Immutable; where the catalogue says something else later, a revision.
struct Verification {
  RegionId region;
  std::string forecast_id;
  int revision = 1;
  VerificationReason reason = VerificationReason::kFirst;
  std::optional<ObservedWeek> replaced;  // what the revision before said
  absl::Time valid_from;
  ForecastPurpose purpose = ForecastPurpose::kOperational;
  IssueKind issue = IssueKind::kWeekly;  // daily ones are scored apart, since their windows overlap
  absl::Time verified_at;
  int observed_class = 0;
  std::optional<double> largest_magnitude;
  int events = 0;
  std::string catalogue_snapshot;
  ClassProbabilities probabilities = {};
  ClassProbabilities climatology = {};
  bool model_used = false;
  ModelVersion model_version;
  double log_score = 0;         // -ln p_y, nats
  double information_gain = 0;  // ln(p_y / c_y), nats
  // The same with events before issued_at left out (they could have been known).
  int observed_class_after_issue = 0;
  double information_gain_after_issue = 0;

  ObservedWeek observed() const { return {observed_class, largest_magnitude, events}; }
  // Else it is on record, and no reader of the outcome sees it.
  bool counts() const { return reason != VerificationReason::kNoLongerComplete; }
};
// What one rung said in a scored forecast.
struct ArchivedRung {
  std::string forecast_id;
  Rung rung = Rung::kClimatology;
  ClassProbabilities probabilities = {};  // pooled with the rung below
  bool demonstrated_skill = false;        // might answer
};

// Whether the two say the same of what came: in the week, and in it after the issue.
bool SameOutcome(const Verification& a, const Verification& b);

}  // namespace tremorcast
