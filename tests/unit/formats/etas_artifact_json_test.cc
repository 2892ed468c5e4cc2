#include "formats/etas_artifact_json.h"

#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

EtasArtifact Example() {
  EtasArtifact artifact;
  artifact.model = WorldModel(20);
  artifact.model.magnitudes.completeness = 3.1;
  artifact.model.location_km = 1;
  artifact.model.parameters.value[kA] = 1.9 + 1e-15;
  for (int i = 0; i < 5; ++i) {
    artifact.model.background.kernels.push_back({{29 + i / 3.0, 101 + i / 7.0}, 5 + i / 11.0, 0.1 * i, 1 / 3.0});
  }
  artifact.standard_errors = {0.1, 0.2, 1 / 3.0, 0, 0, 0, 0, 0, 5e-324};
  artifact.completeness.magnitude = 3.1;
  artifact.completeness.beta.value = artifact.model.magnitudes.beta;
  artifact.completeness.beta.standard_error = 0.03;
  artifact.completeness.beta.magnitudes = 812;
  artifact.completeness.goodness_of_fit = 93.7;
  artifact.completeness.fits = true;
  artifact.branching_ratio = 0.78;
  artifact.targets = 700;
  artifact.sources = 812;
  artifact.sources_from = DayZero();
  artifact.training_period = Days(365, 1800);
  artifact.catalogues = 1234;
  artifact.seed = std::numeric_limits<uint64_t>::max();
  artifact.pool_weight = 2.0 / 3;
  artifact.pool_reason = "a \"reason\"";
  artifact.twin.network = {0.8, 0.1, 0.05, 0.03, 0.02};
  artifact.twin.regions[RegionId("area-1")] = {0.7, 0.15, 0.08, 0.04, 0.03};
  artifact.twin.regions[RegionId("\u56db\u5ddd")] = {0.9, 0.05, 0.03, 0.01, 0.01};
  artifact.periods = "sources from 2017";
  artifact.data_hash = "d";
  artifact.plan_hash = "p";
  artifact.git_revision = "g";
  artifact.demonstrated_skill = true;
  artifact.verdict = "demonstrated skill";
  artifact.scores_json = R"({"gain":0.021,"weeks":52})";
  artifact.simulated = true;
  artifact.golden = *AnswerGolden(artifact.model, artifact.classes, {});
  return artifact;
}

std::string Written() { return *WriteEtasArtifact(Example()); }

absl::Status ReadingAfter(const std::function<void(Json&)>& change) {
  Json json = Json::parse(Written());
  change(json);
  return ReadEtasArtifact(json.dump(1)).status();
}

TEST(EtasArtifactJsonTest, ReadsBackToTheBit) {
  const EtasArtifact example = Example();
  const std::string bytes = Written();
  const auto read = ReadEtasArtifact(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*WriteEtasArtifact(*read), bytes);
  for (size_t i = 0; i < kEtasParameters; ++i) {
    EXPECT_EQ(std::bit_cast<uint64_t>(read->model.parameters.value[i]),
              std::bit_cast<uint64_t>(example.model.parameters.value[i]));
    EXPECT_EQ(read->standard_errors[i], example.standard_errors[i]);
  }
  ASSERT_EQ(read->model.background.kernels.size(), 5u);
  EXPECT_EQ(read->model.background.kernels[4].centre.longitude_deg, 101 + 4 / 7.0);
  EXPECT_EQ(read->model.region.area_km2, example.model.region.area_km2);
  EXPECT_EQ(read->seed, example.seed);
  EXPECT_EQ(read->training_period, example.training_period);
  EXPECT_EQ(read->sources_from, example.sources_from);
  EXPECT_EQ(read->twin.regions, example.twin.regions);
  EXPECT_EQ(read->golden, example.golden);
  EXPECT_EQ(read->scores_json, example.scores_json);
  EXPECT_EQ(DescribeEtasArtifact(*read), DescribeEtasArtifact(example));
  EXPECT_TRUE(CheckGolden(*read).ok());
}

TEST(EtasArtifactJsonTest, TheManifestHasNoKernels) {
  const Json manifest = Json::parse(EtasManifestJson(Example()));
  EXPECT_EQ(manifest["model"]["background"], 5);
  EXPECT_EQ(manifest["facts"]["verdict"], "demonstrated skill");
  EXPECT_EQ(manifest["forecast"]["pool_weight"], 2.0 / 3);
}

TEST(EtasArtifactJsonTest, AnotherModelFailsItsSelfTest) {
  EtasArtifact artifact = Example();
  artifact.model.parameters.value[kLog10Mu] += 0.1;
  const absl::Status other = CheckGolden(*ReadEtasArtifact(*WriteEtasArtifact(artifact)));
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(other.message(), HasSubstr("other classes"));
}

TEST(EtasArtifactJsonTest, CutShortItIsDamaged) {
  const std::string bytes = Written();
  for (size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 500) {
    EXPECT_EQ(ReadEtasArtifact(bytes.substr(0, length)).status().code(), absl::StatusCode::kDataLoss) << length;
  }
  EXPECT_EQ(ReadEtasArtifact("[]").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadEtasArtifact(absl::StrReplaceAll(bytes, {{kEtasArtifactFormat, "tremorcast-etas-2"}})).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// Every field, wherever it stands: left out, and of another type.
void ForEachField(const Json& json, const Json::json_pointer& at,
                  const std::function<void(const Json::json_pointer&)>& f) {
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      f(at / name);
      ForEachField(value, at / name, f);
    }
  } else if (json.is_array() && !json.empty()) {
    f(at / size_t{0});
    ForEachField(json[0], at / size_t{0}, f);
  }
}

TEST(EtasArtifactJsonTest, EachFieldIsNeededAndOfItsType) {
  const Json whole = Json::parse(Written());
  int fields = 0;
  ForEachField(whole, Json::json_pointer(), [&](const Json::json_pointer& field) {
    const std::string name = field.to_string();
    ++fields;
    // Another type: no field is an array in an array of nothing.
    Json other = whole;
    other[field] = Json::array({Json::array()});
    const absl::Status typed = ReadEtasArtifact(other.dump()).status();
    EXPECT_EQ(typed.code(), absl::StatusCode::kDataLoss) << name << ": " << typed;
    if (name.find("/scores/") != std::string::npos || name.find("/twin_by_region/") != std::string::npos) return;
    Json without = whole;
    Json& parent = without[field.parent_pointer()];
    if (parent.is_object()) {
      parent.erase(field.back());
    } else if (name == "/model/background/0" || name == "/model/region/polygon/0") {
      return;  // fewer of them is another model
    } else {
      parent.erase(size_t{0});
    }
    const absl::Status missing = ReadEtasArtifact(without.dump()).status();
    EXPECT_EQ(missing.code(), absl::StatusCode::kDataLoss) << name << ": " << missing;
  });
  EXPECT_GT(fields, 50);
}

TEST(EtasArtifactJsonTest, NumbersThatMakeNoModelAreRefused) {
  const std::vector<std::pair<const char*, Json>> wrong = {{"/model/parameters/log10_k0", 99},
                                                           {"/model/parameters/log10_k0", -1.5},
                                                           {"/model/magnitudes/largest", 2},
                                                           {"/model/location_km", -1},
                                                           {"/model/background/0/2", 0},
                                                           {"/forecast/pool_weight", 1.01},
                                                           {"/forecast/catalogues", 0},
                                                           {"/forecast/catalogues", 1'000'001},
                                                           {"/forecast/twin/0", 0.9},
                                                           {"/forecast/twin_by_region/area-1/0", -0.1},
                                                           {"/forecast/magnitude_edges/0", 1.0},
                                                           {"/golden/catalogues", 1'000'000'000},
                                                           {"/golden/past_days", 1e9},
                                                           {"/golden/classes/0", -1},
                                                           {"/fit/sources_from_us", int64_t{1} << 60},
                                                           {"/model/region/polygon/0/0", 95}};
  for (const auto& [field, value] : wrong) {
    const absl::Status status =
        ReadingAfter([&, at = field, to = value](Json& json) { json[Json::json_pointer(at)] = to; });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field << " = " << value << ": " << status;
  }
  // Whole numbers are not cut to their type.
  for (const auto& [field, value] : std::vector<std::pair<const char*, Json>>{{"/fit/targets", int64_t{1} << 40},
                                                                              {"/fit/targets", 1e300},
                                                                              {"/fit/targets", 1.5},
                                                                              {"/forecast/seed", -1}}) {
    const absl::Status status =
        ReadingAfter([&, at = field, to = value](Json& json) { json[Json::json_pointer(at)] = to; });
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << field << " = " << value << ": " << status;
  }
}

TEST(EtasArtifactJsonTest, NothingIsWrittenThatWouldNotBeRead) {
  const auto code = [](const std::function<void(EtasArtifact&)>& change) {
    EtasArtifact artifact = Example();
    change(artifact);
    return WriteEtasArtifact(artifact).status().code();
  };
  const double nan = std::nan("");
  EXPECT_EQ(code([&](EtasArtifact& a) { a.standard_errors[0] = nan; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([&](EtasArtifact& a) { a.branching_ratio = nan; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([&](EtasArtifact& a) { a.golden.expected = nan; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([&](EtasArtifact& a) { a.golden.classes[0] += 1; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([&](EtasArtifact& a) { a.scores_json = "[1]"; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([&](EtasArtifact& a) { a.scores_json = R"({"gain":null})"; }), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code([](EtasArtifact& a) { a.model.parameters.value[kLog10K0] += 1; }), absl::StatusCode::kInvalidArgument);
}

TEST(EtasArtifactJsonTest, NestedScoresAreNoScores) {
  const std::string deep = absl::StrCat(std::string(200'000, '['), std::string(200'000, ']'));
  EXPECT_EQ(ReadEtasArtifact(absl::StrReplaceAll(Written(), {{"0.021", deep}})).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tremorcast
