#pragma once

// Which files an ingest reads: a file that is named, and below a folder everything that is called
// as stations call their files.

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

namespace tremorcast::cli {

struct AetaFiles {
  std::vector<std::string> files;     // to read
  std::vector<std::string> left_out;  // below a folder, by their names no AETA files
};

// "101_magn.csv" and "101_sound.csv" in whatever case, also with the number that a browser ("(1)")
// or a rotation (".1") adds, and packed as .xz, .gz or .zst.
bool IsAetaFileName(absl::string_view name);

// The files are sorted within each folder, links are followed, and a file that is named twice is
// read once. NotFound: a path does not exist, or a folder holds no such file, unless `may_be_empty`
// allows it because files may come later.
absl::StatusOr<AetaFiles> ListAetaFiles(const std::vector<std::string>& paths, bool may_be_empty);

// The path whose numbered rotation `path` is: "x.csv" of "x.csv.1" and "x.csv.2.gz". "": of none.
std::string RotatedName(absl::string_view path);

// What a rotation of logs may have made of the file at `path`, the oldest first: the files beside it
// of its name with a number, a date or "old" behind it or before its ending, plain or packed. Where
// `path` is a link, also those beside its target whose names differ from the target's in digits
// alone, and keep the station with which the link's name begins.
std::vector<std::string> RotatedFrom(const std::string& path);

}  // namespace tremorcast::cli
