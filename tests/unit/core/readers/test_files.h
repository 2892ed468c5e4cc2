#pragma once

// Test inputs: our own in tests/data, and the published data where it lies beside the source tree
// (TREMORCAST_SHARED or ../shared).

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace tremorcast {

inline std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline std::string TestFile(const std::string& name) {
  return ReadWholeFile(std::filesystem::path(TREMORCAST_SOURCE_DIR) / "tests" / "data" / name);
}

// The folder data/ of the published files; empty when it is not there.
inline std::filesystem::path SharedData() {
  const char* given = std::getenv("TREMORCAST_SHARED");
  const std::filesystem::path shared = given != nullptr
                                           ? std::filesystem::path(given)
                                           : std::filesystem::path(TREMORCAST_SOURCE_DIR).parent_path() / "shared";
  return std::filesystem::is_directory(shared / "data") ? shared / "data" : std::filesystem::path();
}

}  // namespace tremorcast

#define TREMORCAST_NEED_SHARED_DATA()                                                  \
  if (::tremorcast::SharedData().empty()) {                                            \
    GTEST_SKIP() << "the published data (TREMORCAST_SHARED or ../shared) is not here"; \
  }                                                                                    \
  static_assert(true, "")
