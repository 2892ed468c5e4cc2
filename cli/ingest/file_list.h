#pragma once

// Which files an ingest reads: a file that is named, and below a folder everything called
// *_magn.csv or *_sound.csv, plain or packed (.xz, .gz, .zst).

#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace tremorcast::cli {

// The files are sorted within each folder, links are followed, and a file that is named twice is
// read once. NotFound: a path does not exist, or a folder holds no such file, unless `may_be_empty`
// allows it because files may come later.
absl::StatusOr<std::vector<std::string>> ListAetaFiles(const std::vector<std::string>& paths, bool may_be_empty);

// What a rotation of logs may have made of the file at `path`, the oldest first: the files beside it
// of its name with a number, a date or "old" behind it or before its ending, plain or packed. Where
// `path` is a link, also those beside its target whose names differ from the target's in digits
// alone.
std::vector<std::string> RotatedFrom(const std::string& path);

}  // namespace tremorcast::cli
