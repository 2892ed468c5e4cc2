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

// By hand, 24 channels in and 12 from each layer: BN 48 + conv 24 * 12 * 3 + 12, then BN of 36
// channels 72 + conv 36 * 12 * 3 + 12. The classifier's block is the same from 143 channels on.
TEST(NetworkConfigTest, DenseConnectivityHasItsOwnParametersAndTheSameChannels) {
  NetworkConfig config;
  config.connectivity = Connectivity::kDense;
  auto backbone = ByName(BackboneParameters(config));
  EXPECT_EQ(backbone["block1"], 48 + 876 + 72 + 1308);
  EXPECT_EQ(backbone["transition1"], 1272);
  EXPECT_EQ(TotalParameters(BackboneParameters(config)), 29405);
  EXPECT_EQ(ByName(ClassifierParameters(config))["block"], 286 + (143 * 36 + 12) + 310 + (155 * 36 + 12));
  EXPECT_EQ(TotalParameters(ClassifierParameters(config)), 72735);
  config.input = ClassifierInput::kImplicit;
  EXPECT_EQ(TotalParameters(ClassifierParameters(config)), 44985);
  config.input = ClassifierInput::kExplicit;
  EXPECT_EQ(TotalParameters(ClassifierParameters(config)), 57519);
  EXPECT_EQ(config.implicit_channels(), 48);
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
  EXPECT_TRUE(refused([](NetworkConfig& c) {
    c.growth = 23;
    c.connectivity = Connectivity::kDense;
  }));
}

TEST(NetworkConfigTest, NamesReadBackAndUnknownOnesAreRefused) {
  for (StationPool pool : {StationPool::kMean, StationPool::kMax, StationPool::kAttention}) {
    EXPECT_EQ(*ParseStationPool(StationPoolName(pool)), pool);
  }
  for (ClassifierInput input : {ClassifierInput::kFused, ClassifierInput::kImplicit, ClassifierInput::kExplicit}) {
    EXPECT_EQ(*ParseClassifierInput(ClassifierInputName(input)), input);
  }
  EXPECT_EQ(*ParseSampleUnit("station"), SampleUnit::kStation);
  for (Connectivity connectivity : {Connectivity::kSingle, Connectivity::kDense}) {
    EXPECT_EQ(*ParseConnectivity(ConnectivityName(connectivity)), connectivity);
  }
  EXPECT_EQ(*ParseLastInputs(LastInputsName(LastInputs::kUnitLength)), LastInputs::kUnitLength);
  EXPECT_EQ(ParseConnectivity("residual").status().message(), "connectivity is 'residual'; it must be single or dense");
  EXPECT_EQ(ParseStationPool("median").status().message(), "pool is 'median'; it must be mean, max or attention");
}

}  // namespace
}  // namespace tremorcast
