#include <filesystem>
#include <initializer_list>
#include <string>
#include <system_error>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/readers/ts_reader.h"
#include "core/readers/ucr_tsv.h"
#include "files/decoder.h"
#include "files/text_file.h"
#include "trainer/data/series_data.h"

namespace tremorcast {
namespace {

// The plain file or a packed one; "" when there is none.
std::string FirstExisting(const std::string& stem, std::initializer_list<absl::string_view> endings) {
  const auto exists = [](const std::string& file) {
    std::error_code error;
    return std::filesystem::is_regular_file(file, error);
  };
  for (const absl::string_view ending : endings) {
    std::string file = absl::StrCat(stem, ending);
    if (exists(file)) return file;
    for (const absl::string_view packed : kCompressedEndings) {
      if (exists(absl::StrCat(file, packed))) return absl::StrCat(file, packed);
    }
  }
  return "";
}

absl::Status InFile(const std::string& file, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(file, ": ", status.message()));
}

class SeriesReader {
 public:
  explicit SeriesReader(SeriesPair& pair) : pair_(pair) {}

  absl::Status Half(const std::string& stem, SeriesSet& set) {
    const std::string file = FirstExisting(stem, {".ts", ".tsv"});
    if (file.empty()) {
      return absl::NotFoundError(
          absl::StrCat("no series: neither ", stem, ".ts nor .tsv, plain or packed (.xz, .gz, .zst)"));
    }
    ASSIGN_OR_RETURN(auto text, Text(file));
    auto parsed = absl::StrContains(file, ".tsv") ? ParseUcrTsv(text) : ParseTs(text);
    if (!parsed.ok()) return InFile(file, parsed.status());
    set = *std::move(parsed);
    return absl::OkStatus();
  }

  absl::Status Table(const std::string& file, const SeriesSet& set, std::vector<SeriesPlace>& places) {
    ASSIGN_OR_RETURN(auto text, Text(file));
    auto parsed = ParseSeriesMeta(text);
    if (!parsed.ok()) return InFile(file, parsed.status());
    if (parsed->size() != set.series.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": ", parsed->size(), " lines for ", set.series.size(), " series"));
    }
    for (size_t i = 0; i < parsed->size(); ++i) {
      const std::string& label = set.class_names[static_cast<size_t>(set.labels[i])];
      if ((*parsed)[i].label == label) continue;
      return absl::InvalidArgumentError(absl::StrCat(file, ": series ", i + 1, " has label '", (*parsed)[i].label,
                                                     "' here and '", label, "' in the series file"));
    }
    places = *std::move(parsed);
    return absl::OkStatus();
  }

  void Finish() { pair_.data_hash = HexOf(hash_.Finish()); }

 private:
  absl::StatusOr<std::string> Text(const std::string& file) {
    auto text = ReadTextFile(file);
    if (text.ok()) {
      hash_.UpdateField(*text);
      pair_.files.push_back(file);
    }
    return text;
  }

  SeriesPair& pair_;
  Sha256Stream hash_;
};

}  // namespace

absl::StatusOr<SeriesPair> ReadSeries(const std::string& path) {
  SeriesPair pair;
  pair.name = std::filesystem::path(path).filename().string();
  if (pair.name.empty()) return absl::InvalidArgumentError("a data set is named DIR/NAME, without a slash at its end");
  SeriesReader reader(pair);
  RETURN_IF_ERROR(reader.Half(path + "_TRAIN", pair.train));
  RETURN_IF_ERROR(reader.Half(path + "_TEST", pair.test));
  const std::string train_table = FirstExisting(path + "_TRAIN", {".meta.csv"}),
                    test_table = FirstExisting(path + "_TEST", {".meta.csv"});
  if (train_table.empty() != test_table.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": only one half has a sample table (", train_table, test_table, ")"));
  }
  if (!train_table.empty()) {
    RETURN_IF_ERROR(reader.Table(train_table, pair.train, pair.train_places));
    RETURN_IF_ERROR(reader.Table(test_table, pair.test, pair.test_places));
  }
  if (absl::Status s = AlignSeries(pair.train, pair.test); !s.ok()) return InFile(path, s);
  reader.Finish();
  return pair;
}

}  // namespace tremorcast
