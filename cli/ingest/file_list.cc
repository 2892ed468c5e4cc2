#include "cli/ingest/file_list.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "files/byte_source.h"

namespace tremorcast::cli {
namespace {

bool LooksLikeAeta(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const absl::string_view stem = WithoutCompression(name);
  return absl::EndsWith(stem, "_magn.csv") || absl::EndsWith(stem, "_sound.csv");
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  const auto options = std::filesystem::directory_options::follow_directory_symlink;
  for (std::filesystem::recursive_directory_iterator it(folder, options, error), end; it != end && !error;
       it.increment(error)) {
    if (it->is_regular_file(error) && !error && LooksLikeAeta(it->path())) files.push_back(it->path().string());
    error.clear();  // a dangling link is no reason to stop
  }
  if (error) return absl::UnknownError(absl::StrCat(folder, ": ", error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListAetaFiles(const std::vector<std::string>& paths, bool may_be_empty) {
  std::vector<std::string> all;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    std::error_code error;
    const auto kind = std::filesystem::status(path, error).type();
    if (kind == std::filesystem::file_type::not_found)
      return absl::NotFoundError(absl::StrCat(path, ": no such file or folder"));
    std::vector<std::string> files = {path};
    if (kind == std::filesystem::file_type::directory) {
      ASSIGN_OR_RETURN(std::vector<std::string> listed, ListFolder(path));
      if (listed.empty() && !may_be_empty) {
        return absl::NotFoundError(absl::StrCat(path, ": holds no *_magn.csv or *_sound.csv (.xz, .gz, .zst)"));
      }
      files = std::move(listed);
    }
    for (std::string& file : files) {
      const std::filesystem::path canonical = std::filesystem::weakly_canonical(file, error);
      if (seen.insert(error ? file : canonical.string()).second) all.push_back(std::move(file));
    }
  }
  return all;
}

}  // namespace tremorcast::cli
