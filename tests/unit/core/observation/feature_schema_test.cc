#include "core/observation/feature_schema.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

std::vector<std::string> Columns(Signal signal) {
  std::vector<std::string> columns;
  for (const absl::string_view name : FeatureNames(signal)) columns.emplace_back(name);
  return columns;
}

TEST(FeatureSchemaTest, HoldsElectromagneticThenAcousticFeatures) {
  ASSERT_EQ(FeatureNames().size(), 95u);
  EXPECT_EQ(FeatureNames(Signal::kMagn).size(), 51u);
  EXPECT_EQ(FeatureNames(Signal::kSound).size(), 44u);
  EXPECT_EQ(FeatureNames().front(), "magn@var");
  EXPECT_EQ(FeatureNames()[50], "magn@ulf_energy_smax");
  EXPECT_EQ(FeatureNames()[51], "sound@var");
  EXPECT_EQ(FeatureNames().back(), "sound@mean");
  EXPECT_EQ(std::set<absl::string_view>(FeatureNames().begin(), FeatureNames().end()).size(), 95u);
}

TEST(FeatureSchemaTest, FindsChannelsByName) {
  EXPECT_EQ(FeatureChannel("magn@var"), 0);
  EXPECT_EQ(FeatureChannel("sound@power"), 52);
  EXPECT_EQ(FeatureChannel("var"), std::nullopt);
  EXPECT_EQ(ParseSignal("sound"), Signal::kSound);
  EXPECT_EQ(ParseSignal("Sound"), std::nullopt);
}

// A changed schema makes every stored checkpoint foreign; that must never happen by accident.
TEST(FeatureSchemaTest, KeepsItsHash) {
  EXPECT_EQ(FeatureSchemaHash(), "5770483e74732295871d4614ec617013c6902250833e52902ff59715f04642c7");
}

TEST(BindColumnsTest, BindsByNameWhateverTheOrder) {
  std::vector<std::string> columns = Columns(Signal::kSound);
  std::reverse(columns.begin(), columns.end());
  const absl::StatusOr<std::vector<int>> binding = BindColumns(Signal::kSound, columns);
  ASSERT_TRUE(binding.ok());
  EXPECT_EQ(binding->front(), 43);
  EXPECT_EQ(binding->back(), 0);
}

TEST(BindColumnsTest, NamesTheColumnAtFault) {
  std::vector<std::string> unknown = Columns(Signal::kMagn);
  unknown[3] = "magn@kurtosis";
  EXPECT_EQ(BindColumns(Signal::kMagn, unknown).status().message(), "column 'magn@kurtosis' is not a magn feature");
  std::vector<std::string> foreign = Columns(Signal::kMagn);
  foreign[0] = "sound@var";
  EXPECT_EQ(BindColumns(Signal::kMagn, foreign).status().message(), "column 'sound@var' is not a magn feature");
  std::vector<std::string> repeated = Columns(Signal::kMagn);
  repeated[4] = "magn@var";
  EXPECT_EQ(BindColumns(Signal::kMagn, repeated).status().message(), "column 'magn@var' appears twice");
  std::vector<std::string> shorter = Columns(Signal::kMagn);
  shorter.pop_back();
  EXPECT_EQ(BindColumns(Signal::kMagn, shorter).status().message(), "column 'magn@ulf_energy_smax' is missing");
}

}  // namespace
}  // namespace tremorcast
