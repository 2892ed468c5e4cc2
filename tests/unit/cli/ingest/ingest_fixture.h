#pragma once

// Files of small stations on their way to a test service.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "cli/ingest/ingest_run.h"
#include "core/readers/aeta_csv.h"
#include "tests/support/test_service.h"

namespace tremorcast::cli {

inline constexpr int64_t kSunday = 1610208000;

class IngestFixture : public ::testing::Test {
 protected:
  IngestFixture() : server_({&service_}), client_(server_.address()) {
    service_.RegisterStation("7");
    service_.RegisterStation("9001");
    std::string name = (std::filesystem::temp_directory_path() / "tremorcast-ingest-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    options_.rows_per_batch = 5;
    options_.jobs = 2;
  }
  ~IngestFixture() override { std::filesystem::remove_all(folder_); }

  // A sound file of station 7: rows first..first+count-1, ten minutes apart.
  static std::string Text(int first, int count) {
    std::string text = first == 0 ? AetaCsvHeader(Signal::kSound) : "";
    for (int i = first; i < first + count; ++i) {
      std::vector<float> values(kSoundFeatures, static_cast<float>(i) + .25F);
      AppendAetaCsvRow("7", kSunday + 600 * i, values, text);
    }
    return text;
  }
  std::string Write(const std::string& name, const std::string& text, bool append = false) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, append ? std::ios::binary | std::ios::app : std::ios::binary) << text;
    return path.string();
  }
  static std::string Fixture(const std::string& name) {
    return absl::StrCat(TREMORCAST_SOURCE_DIR, "/tests/data/", name);
  }

  struct Result {
    ExitCode code;
    TallyCounts counts;
    std::string err;
  };
  Result Ingest(const std::vector<std::string>& files, const std::string& rejects = "") {
    TestConsole console;
    TestPacer pacer;
    auto tally = Tally::Create(console.console, rejects).value();
    ProgressCounters counters;
    options_.run_id = NewRunId();
    const ExitCode code = IngestFiles(files, options_, client_, pacer, *tally, counters);
    EXPECT_TRUE(tally->Finish(absl::Seconds(1), true).ok());
    return {Worse(code, tally->exit_code()), tally->counts(), console.err.str()};
  }

  TestIngestService service_;
  TestServer server_;
  Client client_;
  std::filesystem::path folder_;
  IngestRunOptions options_;
};

}  // namespace tremorcast::cli
