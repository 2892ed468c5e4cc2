#pragma once

// A folder of a test's own, removed with the object.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/check.h"

namespace tremorcast {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tremorcast-test-XXXXXX").string();
    TREMORCAST_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tremorcast
