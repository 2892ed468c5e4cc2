#include "model/checkpoint/network_config.h"

#include <cstdint>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

std::map<std::string, int64_t> ByName(const std::vector<LayerParameters>& layers) {
  std::map<std::string, int64_t> counts;
  for (const LayerParameters& layer : layers) counts[layer.name] = layer.parameters;
  return counts;
}

TEST(NetworkConfigTest, BackboneHasTheParametersOfTheMethodLayerByLayer) {
  const auto layers = BackboneParameters(NetworkConfig{});
  EXPECT_EQ(ByName(layers), (std::map<std::string, int64_t>{{"conv", 15984},
                                                            {"norm", 48},
                                                            {"block1", 3600},
                                                            {"transition1", 1272},
                                                            {"block2", 3600},
                                                            {"transition2", 1272},
                                                            {"block3", 3600},
                                                            {"transition3", 1272},
                                                            {"block4", 3600},
                                                            {"implicit", 96},
                                                            {"linear", 245}}));
  EXPECT_EQ(TotalParameters(layers), 34589);
}

TEST(NetworkConfigTest, ClassifierHasTheParametersOfTheMethodForEachInput) {
  NetworkConfig config;
  EXPECT_EQ(ByName(ClassifierParameters(config)),
            (std::map<std::string, int64_t>{
                {"block", 12406}, {"transition", 14278}, {"convolutions", 40704}, {"linears", 6405}}));
  EXPECT_EQ(TotalParameters(ClassifierParameters(config)), 73793);
  config.input = ClassifierInput::kImplicit;
  EXPECT_EQ(TotalParameters(ClassifierParameters(config)), 46233);
  config.input = ClassifierInput::kExplicit;
  EXPECT_EQ(TotalParameters(ClassifierParameters(config)), 58673);
}

TEST(NetworkConfigTest, SkipsAPoolThatWouldLeaveLessThanOneStep) {
  EXPECT_EQ(HalvedSteps(1008, 3), 126);
  EXPECT_EQ(HalvedSteps(8, 3), 1);
  EXPECT_EQ(HalvedSteps(5, 3), 1);
  EXPECT_EQ(HalvedSteps(3, 3), 1);
  EXPECT_EQ(HalvedSteps(1, 3), 1);
}

TEST(NetworkConfigTest, RefusesShapesThatCannotRun) {
  const auto refused = [](auto change) {
    NetworkConfig config;
    change(config);
    return !config.Validate().ok();
  };
  EXPECT_TRUE(NetworkConfig{}.Validate().ok());
  EXPECT_TRUE(refused([](NetworkConfig& c) { c.slots = 100; }));  // does not divide 1008
  EXPECT_TRUE(refused([](NetworkConfig& c) { c.channels = 0; }));
  EXPECT_TRUE(refused([](NetworkConfig& c) { c.classes = 1; }));
  EXPECT_FALSE(refused([](NetworkConfig& c) { c.classes = kMaxClasses; }));
  EXPECT_TRUE(refused([](NetworkConfig& c) { c.classes = kMaxClasses + 1; }));
  EXPECT_TRUE(refused([](NetworkConfig& c) { c.dropout = 1; }));
}

TEST(NetworkConfigTest, NamesReadBackAndUnknownOnesAreRefused) {
  for (StationPool pool : {StationPool::kMean, StationPool::kMax, StationPool::kAttention}) {
    EXPECT_EQ(*ParseStationPool(StationPoolName(pool)), pool);
  }
  for (ClassifierInput input : {ClassifierInput::kFused, ClassifierInput::kImplicit, ClassifierInput::kExplicit}) {
    EXPECT_EQ(*ParseClassifierInput(ClassifierInputName(input)), input);
  }
  EXPECT_EQ(*ParseSampleUnit("station"), SampleUnit::kStation);
  EXPECT_EQ(ParseStationPool("median").status().message(), "pool is 'median'; it must be mean, max or attention");
}

}  // namespace
}  // namespace tremorcast
