#include "tests/support/tiny_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/check.h"
#include "core/catalogue/climatology.h"
#include "model/checkpoint/random.h"

namespace tremorcast {
namespace {

std::vector<float> Noise(int channels, int slots, Random& random) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(channels) * static_cast<size_t>(slots));
  for (int i = 0; i < channels * slots; ++i) {
    values.push_back(random.Uniform() < 0.02 ? kMissing : static_cast<float>(std::expm1(2 + random.Normal())));
  }
  return values;
}

void Shift(std::vector<float>& values, int slots, int channel, double strength) {
  for (int t = slots - slots / 4; t < slots; ++t) {
    float& x = values[static_cast<size_t>(channel * slots + t)];
    x = static_cast<float>(std::expm1(std::log1p(std::max(x, 0.0f)) + strength));
  }
}

}  // namespace

StationWindow NoiseWindow(const StationId& station, int slots, uint64_t seed) {
  Random random(seed);
  StationWindow window;
  window.key.station = station;
  window.slots = slots;
  window.values = Noise(kFeatures, slots, random);
  return window;
}

TinyData MakeTinyData(const TinyDataOptions& options) {
  Random random(MixSeed({options.seed, 77}));
  TinyData data;
  data.source = std::make_unique<MemoryWindowSource>(options.channels, options.slots);
  data.set.source = data.source.get();
  const int train_end = options.issues / 2, early_end = train_end + options.issues * 15 / 100,
            calibration_end = early_end + options.issues * 15 / 100;
  for (int issue = 0; issue < options.issues; ++issue) {
    for (int r = 0; r < options.regions; ++r) {
      Sample sample;
      sample.issue = issue;
      sample.region = RegionId(absl::StrCat("r", r));
      sample.label = random.Uniform() < options.event_rate ? 1 : 0;
      for (int s = 0; s < 2; ++s) {
        std::vector<float> values = Noise(options.channels, options.slots, random);
        for (int c = 0; sample.label > 0 && c < 2; ++c) Shift(values, options.slots, c, options.strength);
        sample.windows.push_back(data.source->Add(StationId(absl::StrCat("s", r, "-", s)), values));
      }
      const int index = static_cast<int>(data.set.samples.size());
      data.set.samples.push_back(std::move(sample));
      // The first issue of each later slice is the one skipped.
      if (issue < train_end) data.train.push_back(index);
      if (issue > train_end && issue < early_end) data.early_stop.push_back(index);
      if (issue > early_end && issue < calibration_end) data.calibration.push_back(index);
      if (issue > calibration_end) data.test.push_back(index);
    }
  }
  if (options.classes != kClasses) return data;
  ClassCounts network = {};
  std::map<RegionId, ClassCounts> counts;
  for (const Sample& sample : data.set.samples) {
    if (sample.issue >= calibration_end) continue;
    ++network[static_cast<size_t>(sample.label)];
    ++counts[sample.region][static_cast<size_t>(sample.label)];
  }
  for (const auto& [region, count] : counts) {
    const auto c = RegionClimatology(count, JeffreysSmoothed(network));
    data.climatology[region] = {c.begin(), c.end()};
  }
  return data;
}

TrainOptions QuickTraining(uint64_t seed) {
  TrainOptions options;
  options.seed = seed;
  options.max_epochs = 2;
  options.heads = 2;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

std::unique_ptr<TrainedModel> TrainTinyModel(NetworkConfig network, const TrainOptions& options) {
  TinyDataOptions data_options;
  data_options.channels = kFeatures;
  data_options.issues = 20;
  data_options.regions = 2;
  data_options.seed = options.seed;
  const TinyData data = MakeTinyData(data_options);
  network.slots = data_options.slots;
  auto model = Train(network, data.training(), options);
  if (!model.ok()) std::fprintf(stderr, "%s\n", model.status().ToString().c_str());
  TREMORCAST_CHECK(model.ok());
  return *std::move(model);
}

std::string TinyArtifactOf(const TrainedModel& model) {
  CheckpointFacts facts;
  facts.training_period = {absl::FromUnixSeconds(1483200000), absl::FromUnixSeconds(1483200000) + 20 * kWeekLength};
  facts.git_revision = "test";
  facts.data_hash = "test";
  facts.simulated = true;
  facts.verdict = "no demonstrated skill: a test model";
  const auto bytes = model.Serialize(facts);
  TREMORCAST_CHECK(bytes.ok());
  return *bytes;
}

std::string TinyArtifact(uint64_t seed) {
  TrainOptions options = QuickTraining(seed);
  options.max_epochs = 1;
  return TinyArtifactOf(*TrainTinyModel({}, options));
}

}  // namespace tremorcast
