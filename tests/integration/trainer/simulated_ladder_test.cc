// `tremorcast-trainer experiment` and `evaluate --simulate` as somebody types them, in a small world of
// earthquakes that trigger others: the network is pooled with the catalogue rung and judged over it.

#include <cstdio>
#include <string>
#include <sys/wait.h>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

constexpr char kSmall[] =
    " --regions 2 --stations 1 --slots 24 --weeks 20,8,8,20 --heads 1 --epochs 1 --catalogues 100 --threads 1 --json";

// What it prints.
std::string Trainer(const std::string& arguments) {
  FILE* const pipe = popen(
      absl::StrCat("'", TREMORCAST_BINARY_DIR, "/bin/tremorcast-trainer' ", arguments, " 2>/dev/null").c_str(), "r");
  std::string out;
  char piece[4096];
  while (const size_t read = fread(piece, 1, sizeof(piece), pipe)) out.append(piece, read);
  const int status = pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << arguments;
  return out;
}

TEST(SimulatedLadderTest, AnExperimentSaysWhichRungAnswersAndOverWhat) {
  const auto clustered =
      nlohmann::json::parse(Trainer(absl::StrCat("experiment --world clustered --precursor 0", kSmall)));
  EXPECT_EQ(clustered.at("rung"), "climatology") << "20 weeks show nothing";
  EXPECT_THAT(clustered.at("catalogue_rung").get<std::string>(), HasSubstr("at least 52 are needed"));
  EXPECT_TRUE(clustered.at("scores").contains("gain_over_catalogue_rung"));
  EXPECT_THAT(clustered.at("verdict").get<std::string>(), HasSubstr("the gain over the catalogue rung"));

  const auto overruled = nlohmann::json::parse(
      Trainer(absl::StrCat("experiment --world clustered --precursor 0 --below climatology", kSmall)));
  EXPECT_FALSE(overruled.contains("catalogue_rung"));
  EXPECT_FALSE(overruled.at("scores").contains("gain_over_catalogue_rung"));
}

TEST(SimulatedLadderTest, AnEvaluationHasTheRungAmongItsReferences) {
  const auto report = nlohmann::json::parse(Trainer(
      absl::StrCat("evaluate --simulate --world clustered --precursor 0 --seeds 1 --tables IV --no-placebos", kSmall)));
  bool listed = false;
  for (const auto& row : report.at("rows")) listed = listed || row.at("name") == "catalogue rung (ETAS)";
  EXPECT_TRUE(listed);
  ASSERT_EQ(report.at("artifacts").size(), 1U);
  EXPECT_FALSE(report.at("artifacts")[0].at("gain_over_catalogue_rung").is_null());
  EXPECT_THAT(report.at("verdict").get<std::string>(), HasSubstr("the gain over the catalogue rung"));
}

}  // namespace
}  // namespace tremorcast
