#include "cli/ingest/file_list.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/strip.h>

#include "core/base/status_macros.h"
#include "files/byte_source.h"

namespace tremorcast::cli {
namespace {

// Takes a number between `before` and `after` off the end, where there is one.
void DropNumber(absl::string_view& name, absl::string_view before, absl::string_view after) {
  absl::string_view rest = name;
  if (!absl::ConsumeSuffix(&rest, after)) return;
  const size_t digits = rest.find_last_not_of("0123456789") + 1;
  if (digits == rest.size()) return;
  rest = rest.substr(0, digits);
  if (!absl::ConsumeSuffix(&rest, before)) return;
  name = absl::StripTrailingAsciiWhitespace(rest);
}

absl::StatusOr<AetaFiles> ListFolder(const std::string& folder) {
  AetaFiles listed;
  std::error_code error;
  const auto options = std::filesystem::directory_options::follow_directory_symlink;
  for (std::filesystem::recursive_directory_iterator it(folder, options, error), end; it != end && !error;
       it.increment(error)) {
    if (it->is_regular_file(error) && !error) {
      const bool aeta = IsAetaFileName(it->path().filename().string());
      (aeta ? listed.files : listed.left_out).push_back(it->path().string());
    }
    error.clear();  // a dangling link is no reason to stop
  }
  if (error) return absl::UnknownError(absl::StrCat(folder, ": ", error.message()));
  std::sort(listed.files.begin(), listed.files.end());
  std::sort(listed.left_out.begin(), listed.left_out.end());
  return listed;
}

}  // namespace

bool IsAetaFileName(absl::string_view name) {
  name = WithoutCompression(name);
  DropNumber(name, ".", "");
  name = WithoutCompression(name);  // "x.csv.gz.1"
  if (!absl::EndsWithIgnoreCase(name, ".csv")) return false;
  name.remove_suffix(4);
  DropNumber(name, "(", ")");
  return absl::EndsWithIgnoreCase(name, "_magn") || absl::EndsWithIgnoreCase(name, "_sound");
}

absl::StatusOr<AetaFiles> ListAetaFiles(const std::vector<std::string>& paths, bool may_be_empty) {
  AetaFiles all;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    std::error_code error;
    const auto kind = std::filesystem::status(path, error).type();
    if (kind == std::filesystem::file_type::not_found)
      return absl::NotFoundError(absl::StrCat(path, ": no such file or folder"));
    std::vector<std::string> files = {path};
    if (kind == std::filesystem::file_type::directory) {
      ASSIGN_OR_RETURN(AetaFiles listed, ListFolder(path));
      if (listed.files.empty() && !may_be_empty) {
        return absl::NotFoundError(absl::StrCat(path, ": holds no *_magn.csv or *_sound.csv (.xz, .gz, .zst)",
                                                listed.left_out.empty() ? "" : ", but ",
                                                absl::StrJoin(listed.left_out, ", ")));
      }
      files = std::move(listed.files);
      std::move(listed.left_out.begin(), listed.left_out.end(), std::back_inserter(all.left_out));
    }
    for (std::string& file : files) {
      const std::filesystem::path canonical = std::filesystem::weakly_canonical(file, error);
      if (seen.insert(error ? file : canonical.string()).second) all.files.push_back(std::move(file));
    }
  }
  return all;
}

}  // namespace tremorcast::cli
