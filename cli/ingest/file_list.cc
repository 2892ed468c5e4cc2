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
#include <absl/strings/string_view.h>
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

// ".1", "-20201201", "_2020-12-01T00:00", ".old"
bool MarksRotation(absl::string_view text) {
  if (text.empty() || !absl::StrContains(".-_", text[0])) return false;
  text.remove_prefix(1);
  if (text == "old") return true;
  return text.find_first_of("0123456789") != absl::string_view::npos &&
         text.find_first_not_of("0123456789.-_:T") == absl::string_view::npos;
}

bool IsRotatedName(absl::string_view name, absl::string_view of) {
  name = WithoutCompression(name);
  if (absl::ConsumePrefix(&name, of)) return MarksRotation(name);
  return absl::ConsumeSuffix(&of, ".csv") && absl::ConsumeSuffix(&name, ".csv") && absl::ConsumePrefix(&name, of) &&
         MarksRotation(name);
}

std::string WithoutDigits(absl::string_view name) {
  std::string rest(WithoutCompression(name));
  rest.erase(std::remove_if(rest.begin(), rest.end(), absl::ascii_isdigit), rest.end());
  return rest;
}

// The regular files of `folder` whose names `matches` likes, with the times of their last change.
template <typename Matches>
void ListNames(const std::filesystem::path& folder, const Matches& matches,
               std::vector<std::pair<std::filesystem::file_time_type, std::string>>& files) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; it != end && !error; it.increment(error)) {
    std::error_code gone;  // a rotation may be at work
    if (!matches(it->path().filename().string()) || !it->is_regular_file(gone)) continue;
    const auto changed = it->last_write_time(gone);
    if (!gone) files.emplace_back(changed, it->path().string());
  }
}

}  // namespace

std::string RotatedName(absl::string_view path) {
  const absl::string_view unpacked = WithoutCompression(path);
  absl::string_view base = unpacked;
  DropNumber(base, ".", "");
  return base == unpacked ? "" : std::string(WithoutCompression(base));
}

std::vector<std::string> RotatedFrom(const std::string& path) {
  const std::filesystem::path here = path;
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> files;
  const std::string name = here.filename().string();
  ListNames(
      here.has_parent_path() ? here.parent_path() : ".",
      [&](const std::string& other) { return IsRotatedName(other, name); }, files);
  std::error_code error;
  if (std::filesystem::is_symlink(here, error)) {
    const std::filesystem::path target = std::filesystem::canonical(here, error);
    const std::string day = target.filename().string(), pattern = WithoutDigits(day);
    // "101_magn.csv" leads to "101_magn_20201201.csv", beside which other stations' files may lie.
    const std::string station = name.substr(0, name.find('_') + 1);
    const bool named = !station.empty() && absl::StartsWith(day, station);
    const auto matches = [&](const std::string& other) {
      return WithoutDigits(other) == pattern && (!named || absl::StartsWith(other, station));
    };
    if (!error) ListNames(target.parent_path(), matches, files);
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());  // the target may lie beside its link
  std::vector<std::string> paths;
  for (auto& [changed, file] : files) paths.push_back(std::move(file));
  return paths;
}

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
