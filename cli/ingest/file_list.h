#pragma once

// Which files an ingest reads: files as named, and below folders everything called *_magn.csv or *_sound.csv, plain
// or packed (.xz, .gz, .zst).

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tremorcast::cli {

// Sorted within each folder; a file named twice is read once. NotFound: a path does not exist, or a folder holds no
// such file (unless `may_be_empty`: when following, files may come later). Links are followed.
absl::StatusOr<std::vector<std::string>> ListAetaFiles(const std::vector<std::string>& paths, bool may_be_empty);

}  // namespace tremorcast::cli
