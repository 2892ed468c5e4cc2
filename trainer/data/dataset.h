#pragma once

// What one training run reads: a snapshot of the station network, the catalogue and the windows as
// they were known at each issue.
//
// The rules are serving's, by the same code: windows as of issue + grace (WindowStore), masking and
// usability (core/forecast/coverage.h), enrolment (core/network/station_network.h), labels
// (core/catalogue/labels.h). A region-week counts once its label week is over, the catalogue is
// complete past it by the settling time, and the catalogue had begun before its issue.
//
// Ownership: a Dataset owns its windows and is neither copied nor moved once its samples are in
// use. BuildDataset blocks on the store (it reads every window once). Errors: FailedPrecondition
// says in words what is missing (no region, no catalogue, no sealed window, no matured week);
// errors of the store pass through.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/forecast/coverage.h"
#include "core/forecast/forecast.h"
#include "core/forecast/station_question.h"
#include "core/ladder/ladder_trial.h"
#include "core/network/station_network.h"
#include "core/observation/window.h"
#include "core/ports/event_store.h"
#include "core/ports/network_store.h"
#include "core/ports/window_store.h"
#include "model/checkpoint/sample_set.h"
#include "trainer/data/network_catalogue.h"

namespace tremorcast {

struct DatasetOptions {
  NetworkChoice network = NetworkChoice::kAuto;
  CoveragePolicy coverage;
  MagnitudeClasses classes;
  // A window counts as it was known this long after its end; the server's hindcasts know as much.
  absl::Duration grace = absl::Minutes(30);
  // The catalogue must be complete this long past a label week.
  absl::Duration settling = absl::Hours(48);
  std::vector<std::string> catalogue_precedence = DefaultCataloguePrecedence();
  // Only what was known then: label weeks that had matured, event revisions recorded by then.
  absl::Time as_of = absl::InfiniteFuture();
  StationQuestion question;         // what a sample's label is of, and when it is issued
  int input_slots = kSlotsPerWeek;  // slots of a stored window
  int slots = kSlotsPerWeek;        // steps of the neural network; windows are averaged down when they are read
  // Masked windows kept in memory up to this; the rest are read from the store again when training
  // asks for them.
  int64_t memory_bytes = int64_t{4} << 30;

  absl::Status Validate() const;
};

using WindowReader = std::function<absl::StatusOr<std::shared_ptr<const StationWindow>>(const WindowKey&)>;

// The usable windows of a dataset, as the neural network sees them.
class StoredWindows final : public WindowSource {
 public:
  StoredWindows(WindowReader reader, const DatasetOptions& options);

  // Number of the window, or -1 when the station is not usable that week. `window` as stored.
  int Add(const StationWindow& window);

  int size() const override { return static_cast<int>(keys_.size()); }
  int channels() const override { return kFeatures; }
  int slots() const override { return options_.slots; }
  const StationId& station(int window) const override { return keys_[static_cast<size_t>(window)].station; }
  absl::Status Read(int window, absl::Span<float> out) const override;

  const WindowKey& key(int window) const { return keys_[static_cast<size_t>(window)]; }
  // Masked, at its stored length: what a Predictor is given.
  absl::StatusOr<StationWindow> ReadMasked(int window) const;
  int held_in_memory() const { return held_; }

 private:
  void Pool(const StationWindow& masked, absl::Span<float> out) const;

  WindowReader reader_;
  DatasetOptions options_;
  std::vector<WindowKey> keys_;
  std::vector<std::vector<float>> values_;  // empty where the window is read again
  int64_t bytes_ = 0;
  int held_ = 0;
};

// One region at one issue.
struct RegionWeek {
  RegionId region;
  bool whole_network = false;  // reported apart; false when there is no other region
  absl::Time issue;            // T
  int label = 0;               // class of the question's days from T on
  ForecastStatus status = ForecastStatus::kInsufficientData;
  int sample = -1;  // index into Dataset::samples; -1: too few stations, the service would answer climatology
};

// What the catalogue rung said where it stands below the network (trainer/run/rung_below.h).
struct RungBelow {
  std::optional<LadderTrial> trial;  // absent: `missing` says why
  std::string missing;
};

struct Dataset {
  std::vector<Region> regions;  // of the chosen station network, id order
  std::vector<Station> stations;
  std::vector<SeismicEvent> events;  // merged, time order
  Interval catalogue;                // begins with the first whole week of events, ends with the last matured week
  bool simulated = false;
  std::unique_ptr<StoredWindows> windows;
  SampleSet samples;                            // (issue, region) order
  std::vector<absl::Time> sample_issue;         // per sample
  std::shared_ptr<const RungBelow> rung_below;  // null: climatology stands below
  std::vector<RegionWeek> weeks;                // (issue, region) order; every region of every issue that has windows
  int64_t windows_read = 0;
  // Hex. Over everything above that can change the result; equal snapshots give equal hashes.
  std::string data_hash;
};

// Called after each window; false stops with Cancelled.
using ReadProgress = std::function<bool(int64_t done, int64_t total)>;

// The stores as the trainer needs them. Not owned.
struct DatasetStores {
  WindowStore& windows;
  NetworkStore& network;
  EventStore& events;
};

absl::StatusOr<std::unique_ptr<Dataset>> BuildDataset(const DatasetStores& stores, const DatasetOptions& options,
                                                      absl::Time now, const ReadProgress& progress = nullptr);

// The part without a store: what BuildDataset does with what it read, and the experiment with a
// simulator. `windows` in any order; each is read once through `reader`.
struct DatasetParts {
  std::vector<Region> regions;
  std::vector<Station> stations;
  std::vector<SeismicEvent> events;  // merged
  Interval catalogue;
  bool simulated = false;
  std::vector<WindowKey> windows;
};
absl::StatusOr<std::unique_ptr<Dataset>> AssembleDataset(DatasetParts parts, WindowReader reader,
                                                         const DatasetOptions& options,
                                                         const ReadProgress& progress = nullptr);

}  // namespace tremorcast
