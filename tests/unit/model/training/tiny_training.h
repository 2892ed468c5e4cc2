#pragma once

// A small network on MakeTinyData's samples, its bytes and its gain: what tests of the training ask.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/tiny_model.h"

namespace tremorcast {

inline NetworkConfig TinyNetwork() {
  NetworkConfig network;
  network.channels = 8;
  network.input_slots = network.slots = 24;
  return network;
}

inline std::string Bytes(const TrainedModel& model) {
  const auto bytes = model.Serialize({});
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or("");
}

inline std::string TrainedBytes(const NetworkConfig& network, const TinyData& data, const TrainOptions& options) {
  const auto model = Train(network, data.training(), options);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? Bytes(**model) : "";
}

// Mean ln(p_y / c_y) of the issued probabilities on the test slice.
inline double TestGain(const TinyData& data, const std::vector<std::vector<double>>& p) {
  double sum = 0;
  for (size_t i = 0; i < data.test.size(); ++i) {
    const Sample& sample = data.set.samples[static_cast<size_t>(data.test[i])];
    const size_t y = static_cast<size_t>(sample.label);
    sum += std::log(p[i][y] / data.climatology.at(sample.region)[y]);
  }
  return sum / static_cast<double>(data.test.size());
}

}  // namespace tremorcast
