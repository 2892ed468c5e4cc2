#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/layers/layer_rules.h"

namespace tremorcast {
namespace {

using ::testing::IsEmpty;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

const LayerRules& Rules() {
  static const LayerRules rules =
      ParseLayerRules(ReadFile(std::string(TREMORCAST_SOURCE_DIR) + "/tests/layers/layers.txt"));
  return rules;
}

// Reasons, as "header: why".
std::vector<std::string> Check(const std::string& path, const std::string& content) {
  std::vector<std::string> result;
  for (const IncludeViolation& violation : CheckIncludes(Rules(), path, content)) {
    result.push_back(violation.header + ": " + violation.reason);
  }
  return result;
}

TEST(LayersTest, TableIsReadWithoutErrors) {
  EXPECT_THAT(Rules().errors, IsEmpty());
  for (const char* place : {"core/base", "files", "storage", "model/serving", "server/pipeline", "server/jobs",
                            "server/rpc", "cli", "trainer/run"}) {
    EXPECT_EQ(Rules().layers.count(place), 1u) << place;
  }
}

TEST(LayersTest, EveryIncludeOfTheTreeFollowsTheTable) {
  const std::filesystem::path top(TREMORCAST_SOURCE_DIR);
  std::map<std::string, int> files_of_folder;
  std::vector<std::string> wrong;
  for (const auto& folder : std::filesystem::directory_iterator(top)) {
    const std::string name = folder.path().filename().string();
    if (!folder.is_directory() || name[0] == '.' || name == "build" || name == "node_modules") continue;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
      const std::string extension = file.path().extension().string();
      if (extension != ".h" && extension != ".cc") continue;
      const std::string path = file.path().lexically_relative(top).generic_string();
      ++files_of_folder[name];
      for (const IncludeViolation& violation : CheckIncludes(Rules(), path, ReadFile(file.path()))) {
        wrong.push_back(path + ":" + std::to_string(violation.line) + ": " + violation.header + ": " +
                        violation.reason);
      }
    }
  }
  for (const std::string& line : wrong) ADD_FAILURE() << line;
  for (const char* folder : {"core", "files", "storage", "model", "server", "trainer", "cli", "tests"}) {
    EXPECT_GT(files_of_folder[folder], 0) << folder << "/ has no source file: the walk looks in the wrong place";
  }
}

struct Arrow {
  const char* path;
  const char* line;
};

class WrongArrowTest : public ::testing::TestWithParam<Arrow> {};

TEST_P(WrongArrowTest, IsReported) {
  EXPECT_EQ(Check(GetParam().path, std::string("#pragma once\n\n") + GetParam().line + "\n").size(), 1u)
      << GetParam().line;
}

INSTANTIATE_TEST_SUITE_P(
    Planted, WrongArrowTest,
    ::testing::Values(Arrow{"core/observation/window.h", "#include \"storage/store.h\""},
                      Arrow{"core/observation/window.h", "#include <torch/torch.h>"},
                      Arrow{"core/observation/window.cc", "#include <fstream>"},
                      Arrow{"core/observation/window.cc", "#include <thread>"},
                      Arrow{"core/observation/window.cc", "  #  include  <openssl/evp.h>"},
                      Arrow{"core/observation/window.cc", "#include \"window.h\""},
                      Arrow{"core/base/ids.h", "#include \"core/forecast/forecast.h\""},
                      Arrow{"core/base/ids.h", "#include \"absl/time/time.h\""},
                      Arrow{"storage/postgres/pool.h", "#include \"storage/stores/event_store.h\""},
                      Arrow{"model/serving/inference.cc", "#include \"model/training/training.h\""},
                      Arrow{"trainer/run/job.cc", "#include \"trainer/evaluate/evaluate.h\""},
                      Arrow{"storage/store.cc", "#include \"model/serving/torch_predictor.h\""},
                      Arrow{"storage/store.cc", "#include <grpcpp/grpcpp.h>"},
                      Arrow{"model/modules/net.cc", "#include <pqxx/pqxx>"},
                      Arrow{"model/modules/net.cc", "#include \"server/rpc/convert.h\""},
                      Arrow{"server/rpc/ingest.cc", "#include \"storage/store.h\""},
                      Arrow{"server/rpc/ingest.cc", "#include \"model/serving/torch_predictor.h\""},
                      Arrow{"server/pipeline/queue.cc", "#include \"server/rpc/ingest.h\""},
                      Arrow{"server/pipeline/queue.cc", "#include \"tremorcast/v1/forecast.pb.h\""},
                      Arrow{"server/jobs/seal.cc", "#include \"storage/store.h\""},
                      Arrow{"server/telemetry/metrics.cc", "#include \"server/pipeline/queue.h\""},
                      Arrow{"trainer/run/job.cc", "#include \"server/jobs/seal.h\""},
                      Arrow{"cli/ingest.cc", "#include \"storage/store.h\""},
                      Arrow{"cli/ingest.cc", "#include \"tests/fakes/store.h\""},
                      Arrow{"trainer/run/job.cc", "#include <boost/asio.hpp>"},
                      Arrow{"stray/file.cc", "#include <vector>"}));

TEST(LayersTest, RightArrowsAreAccepted) {
  EXPECT_THAT(Check("core/observation/window.cc",
                    "#include \"core/observation/window.h\"\n#include <vector>\n#include <absl/time/time.h>\n"),
              IsEmpty());
  EXPECT_THAT(Check("core/base/digest.cc", "#include <openssl/evp.h>\n"), IsEmpty());
  EXPECT_THAT(
      Check("model/modules/net.cc",
            "#include <torch/torch.h>\n#include \"core/observation/window.h\"\n#include \"model/modules/net.h\"\n"),
      IsEmpty());
  EXPECT_THAT(Check("server/rpc/x.cc", "#include \"tremorcast/v1/forecast.pb.h\"\n#include \"server/pipeline/q.h\"\n"),
              IsEmpty());
  EXPECT_THAT(Check("server/main.cc",
                    "#include \"storage/s.h\"\n#include \"model/serving/m.h\"\n#include \"server/rpc/r.h\"\n"),
              IsEmpty());
}

TEST(LayersTest, TextThatOnlyLooksLikeAnIncludeIsNoInclude) {
  EXPECT_THAT(Check("core/observation/window.cc", "// #include <thread>\nconst char* s = \"#include <thread>\";\n"),
              IsEmpty());
}

TEST(LayersTest, NoFolderLeadsBackToItself) { EXPECT_THAT(FindCircle(Rules()), IsEmpty()); }

TEST(LayersTest, ACircleIsNamed) {
  const LayerRules rules = ParseLayerRules("layer a: | \nlayer b: a c |\nlayer c: d |\nlayer d: b |\nlayer d/e: d |\n");
  EXPECT_THAT(FindCircle(rules), ::testing::ElementsAre("b", "c", "d"));
}

TEST(LayersTest, LinesThatCannotBeReadAreErrors) {
  EXPECT_EQ(ParseLayerRules("layer core core | absl\n").errors.size(), 1u);
  EXPECT_EQ(ParseLayerRules("layer core: core absl\n").errors.size(), 1u);
  EXPECT_EQ(ParseLayerRules("lib absl absl/\n").errors.size(), 1u);
  EXPECT_EQ(ParseLayerRules("layer core: core | nowhere\n").errors.size(), 1u);
  EXPECT_EQ(ParseLayerRules("library absl absl/\nlayer core: cote | absl\n").errors.size(), 1u);
}

}  // namespace
}  // namespace tremorcast
