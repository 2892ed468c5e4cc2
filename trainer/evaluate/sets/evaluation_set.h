#pragma once

// One data set, split in time and ready to be studied, wherever it came from: the service's own
// windows, a simulated station network, or a published set of time series. And views of it with one
// thing changed, for placebos and variants.
//
// Ownership: a view shares what it reads (`source`, `owner`) and may outlive the set. Values; not
// thread safe while being built, read-only afterwards.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/catalogue/weekly_classes.h"
#include "core/verification/scores.h"
#include "core/verification/splits.h"
#include "model/checkpoint/network_config.h"
#include "model/checkpoint/sample_set.h"
#include "model/study/study.h"
#include "trainer/data/dataset.h"
#include "trainer/data/series_data.h"
#include "trainer/run/config.h"
#include "trainer/run/plan.h"

namespace tremorcast {

// What a training and its scores need: samples, the four slices, and the climatology that the gain
// is taken against.
struct SetView {
  std::shared_ptr<const void> owner;  // keeps alive what `samples.source` points at
  SampleSet samples;
  std::vector<absl::Time> weeks;  // by sample: rows of one week stay together in a bootstrap
  std::vector<int> train, early_stop, calibration, test;
  std::map<RegionId, std::vector<double>> climatology;                     // of everything before the test slice
  std::map<RegionId, std::vector<double>> climatology_before_calibration;  // TrainingData says what for
  // By sample, where rows were tested at different origins and each has what was known at its own,
  // floored; else empty.
  std::vector<std::vector<double>> own_climatology;
  int classes = 0;

  StudyData ForStudy() const;
  // `config` with the channels, steps and classes of these samples.
  NetworkConfig Fitted(NetworkConfig config) const;
  int label(int sample) const { return samples.samples[static_cast<size_t>(sample)].label; }
  // The sample's own or its region's climatology, floored; the mean over regions where it is
  // unknown.
  std::vector<double> ClimatologyOf(int sample) const;
  // What the sample's answer is pooled with: the rung below where one answered, else that.
  std::vector<double> BelowOf(int sample) const;
};

// A forecast that needs no neural network, on the test samples in order.
struct ReferenceForecast {
  std::string name;
  std::vector<std::vector<double>> probabilities;  // [test sample][class], floored, sum 1
};

// The reference row of the catalogue rung, where that stands below the network.
inline constexpr char kCatalogueRungRow[] = "catalogue rung (ETAS)";

struct EvaluationSet {
  // The catalogue rung is what the network must beat; false where climatology is.
  bool over_catalogue_rung = false;
  SetView view;
  std::string title, source, data_hash, plan_hash;
  std::vector<std::string> class_names;
  bool ordered_in_time = false;
  bool simulated = false;
  std::optional<int> block_weeks;        // of a bootstrap; absent: from the data; 1 for sets without time order
  std::vector<SampleTimes> times;        // by sample; empty without time order
  std::vector<int> last_week_class;      // by sample: of the week before its issue; -1 unknown; empty without order
  std::vector<absl::Time> window_issue;  // by window: of the issue it belongs to; empty without time order
  // [window][channel]: steps before padding, where series of unequal length were padded; else empty.
  std::vector<std::vector<int>> own_steps;
  // Class of any period that the samples' labels cover; empty where only the samples' own labels
  // are known.
  std::function<int(const RegionId& region, const Interval& period)> label_of;
  std::vector<ReferenceForecast> references;  // beyond majority, uniform and climatology: those that could be built
  std::vector<std::string> channel_names;     // empty: unknown
  std::vector<std::string> published, caveats;

  const ReferenceForecast* Find(const std::string& reference) const;  // null: there is none
  // `options` with the blocks of this set.
  BootstrapOptions Bootstrap(BootstrapOptions options) const;
};

// A published set of series. With a sample table (series->timed()) it has regions and time order;
// without one each row stands for itself, and nothing said about the future follows from its
// scores.
EvaluationSet SeriesEvaluationSet(std::shared_ptr<const SeriesData> series);

// Region-weeks of the service's store or of the simulator, areas only, as `plan` splits them.
absl::StatusOr<EvaluationSet> DatasetEvaluationSet(std::shared_ptr<const Dataset> data, const Plan& plan,
                                                   const TrainerConfig& config);

// Class frequencies per region over the three slices before the test, or the two before the
// calibration, smoothed towards all regions' with the weight of 20 rows (METHOD.md section 3), for
// any number of classes.
enum class CountedSlices : int8_t { kBeforeTest, kBeforeCalibration };
std::map<RegionId, std::vector<double>> CountClimatology(const SetView& view,
                                                         CountedSlices slices = CountedSlices::kBeforeTest);
// Both, into the view: after its labels or slices have changed. What stood below then is climatology
// too, since the rung's answers were about the labels and slices that were.
void CountClimatologies(SetView& view);

// Where the catalogue rung does not stand below: what the verdict cannot tell apart from a precursor.
inline constexpr char kWithoutEtas[] =
    "the references know the catalogue by its weekly classes, and ETAS was not asked: stations that repeat "
    "something else of it (which neighbour or which day, smaller events, what came long before) would pass";

// Persistence and the catalogue-only model learnt from the weekly classes, for the test samples.
// Adds what can be built to `set.references`, and says in set.caveats why one is missing.
void AddCatalogueReferences(const WeeklyClasses& history, absl::Time test_begin, EvaluationSet& set);

}  // namespace tremorcast
