// BasicMotions (UEA archive): strong methods score 1.00 and so does this network; below .95 it is
// broken (METHOD.md section 5).

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "core/readers/ts_reader.h"
#include "files/text_file.h"
#include "model/checkpoint/sample_set.h"
#include "model/training/training.h"

namespace tremorcast {
namespace {

std::string SharedData() {
  const char* set = std::getenv("TREMORCAST_SHARED");
  return absl::StrCat(set != nullptr ? set : TREMORCAST_SOURCE_DIR "/../shared", "/data/timeseries/");
}

SampleSet ToSamples(const SeriesSet& data, MemoryWindowSource& source) {
  SampleSet set{&source, {}};
  for (size_t i = 0; i < data.series.size(); ++i) {
    // One imaginary station: the archive does not say who wore the sensor.
    set.samples.push_back({0, RegionId("all"), data.labels[i], {source.Add(StationId("watch"), data.series[i])}});
  }
  return set;
}

std::vector<int> All(const SampleSet& set) {
  std::vector<int> indices(set.samples.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

NetworkConfig SixChannelsOfHundredSteps() {
  NetworkConfig network;
  network.channels = 6;
  network.input_slots = network.slots = 100;
  network.classes = 4;
  return network;
}

TrainOptions OneHead() {
  TrainOptions options;
  options.batch_size = 8;
  options.heads = 1;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

// Samples whose largest probability is that of their label.
int Right(const SampleSet& set, const std::vector<std::vector<double>>& probabilities) {
  int right = 0;
  for (size_t i = 0; i < set.samples.size(); ++i) {
    const std::vector<double>& p = probabilities[i];
    right += std::max_element(p.begin(), p.end()) - p.begin() == set.samples[i].label;
  }
  return right;
}

TEST(BasicMotionsTest, IsLearntAlmostPerfectly) {
  const std::string train_path = SharedData() + "BasicMotions_TRAIN.ts.xz",
                    test_path = SharedData() + "BasicMotions_TEST.ts.xz";
  if (!std::filesystem::exists(train_path)) GTEST_SKIP() << "no " << train_path;
  const auto train_text = ReadTextFile(train_path), test_text = ReadTextFile(test_path);
  ASSERT_TRUE(train_text.ok() && test_text.ok()) << train_text.status() << test_text.status();
  const auto train = ParseTs(*train_text), test = ParseTs(*test_text);
  ASSERT_TRUE(train.ok()) << train.status();
  ASSERT_TRUE(test.ok()) << test.status();
  ASSERT_EQ(train->dimensions, 6);
  ASSERT_EQ(train->length, 100);
  ASSERT_EQ(train->series.size(), 40u);

  MemoryWindowSource train_source(6, 100), test_source(6, 100);
  const SampleSet train_set = ToSamples(*train, train_source), test_set = ToSamples(*test, test_source);
  const TwoWaySplit split = StratifiedSplit(train->labels, 0.25, 1);
  const auto model = Train(SixChannelsOfHundredSteps(), {&train_set, split.first, split.second, {}, {}, {}}, OneHead());
  ASSERT_TRUE(model.ok()) << model.status();
  const auto outputs = (*model)->Predict(test_set, All(test_set));
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const int right = Right(test_set, outputs->balanced), stage1_right = Right(test_set, outputs->stage1);
  RecordProperty("accuracy", absl::StrCat(right / 40.0));
  std::printf("BasicMotions: accuracy %.3f, stage 1 alone %.3f, %zu epochs\n", right / 40.0, stage1_right / 40.0,
              (*model)->history().size());
  EXPECT_GE(right, 38);
}

}  // namespace
}  // namespace tremorcast
