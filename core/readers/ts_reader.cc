#include "core/readers/ts_reader.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "core/base/number_text.h"
#include "core/base/status_macros.h"
#include "core/observation/window.h"

namespace tremorcast {
namespace {

// Split at spaces and tabs, runs of them counted once.
std::vector<std::string> Words(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

class TsParser {
 public:
  absl::Status Line(absl::string_view raw) {
    ++line_;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    // Some published files begin with "%#", the comment sign of the ARFF files they were made from.
    if (line.empty() || line[0] == '#' || line[0] == '%') return absl::OkStatus();
    if (in_data_) return Series(line);
    if (line[0] == '@') return Header(line);
    return Error("data before @data");
  }

  absl::StatusOr<SeriesSet> Finish() && {
    if (set_.series.empty()) return absl::InvalidArgumentError("ts: no series");
    // Dimensions were padded to the longest of their own series; now all series to the longest of
    // the set.
    const int longest = *std::max_element(set_.lengths.begin(), set_.lengths.end());
    for (size_t i = 0; i < set_.series.size(); ++i) {
      SeriesSet one;
      one.dimensions = set_.dimensions;
      one.length = set_.lengths[i];
      one.series.push_back(std::move(set_.series[i]));
      PadSeries(one, longest);
      set_.series[i] = std::move(one.series[0]);
    }
    set_.length = longest;
    return std::move(set_);
  }

 private:
  absl::Status Error(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat("ts line ", line_, ": ", what));
  }

  absl::Status Flag(const std::vector<std::string>& words, std::optional<bool>& flag) const {
    const std::string value = words.size() > 1 ? absl::AsciiStrToLower(words[1]) : "";
    if (value != "true" && value != "false") return Error(absl::StrCat(words[0], " must be true or false"));
    flag = value == "true";
    return absl::OkStatus();
  }

  absl::Status Count(const std::vector<std::string>& words, std::optional<int>& count) const {
    int value = 0;
    if (words.size() < 2 || !absl::SimpleAtoi(words[1], &value) || value < 1) {
      return Error(absl::StrCat(words[0], " must be a positive number"));
    }
    count = value;
    return absl::OkStatus();
  }

  absl::Status Refused(const std::vector<std::string>& words, absl::string_view why) const {
    std::optional<bool> flag;
    RETURN_IF_ERROR(Flag(words, flag));
    return *flag ? Error(why) : absl::OkStatus();
  }

  absl::Status Header(absl::string_view line) {
    const std::vector<std::string> words = Words(line);
    const std::string key = absl::AsciiStrToLower(words[0]);
    if (key == "@data") {
      if (set_.class_names.empty()) return Error("no @classLabel with names before @data");
      in_data_ = true;
      return absl::OkStatus();
    }
    if (key == "@problemname") {
      set_.problem_name = words.size() > 1 ? words[1] : "";
      return absl::OkStatus();
    }
    if (key == "@classlabel") {
      if (words.size() < 3 || absl::AsciiStrToLower(words[1]) != "true") return Error("a set without class labels");
      set_.class_names.assign(words.begin() + 2, words.end());
      return absl::OkStatus();
    }
    if (key == "@timestamps") return Refused(words, "sets with time stamps (@timeStamps true) are not read");
    if (key == "@targetlabel") return Refused(words, "regression sets (@targetLabel true) are not read");
    if (key == "@missing") return Flag(words, missing_);
    if (key == "@univariate") return Flag(words, univariate_);
    if (key == "@equallength") return Flag(words, equal_length_);
    if (key == "@dimensions" || key == "@dimension") return Count(words, dimensions_);
    if (key == "@serieslength") return Count(words, series_length_);
    return Error(absl::StrCat("unknown header ", words[0]));
  }

  // One dimension, appended to `values`.
  absl::Status Dimension(absl::string_view part, std::vector<float>& values) const {
    if (part.find('(') != absl::string_view::npos) return Error("series with time stamps are not read");
    for (absl::string_view number : absl::StrSplit(part, ',')) {
      const std::optional<float> read = absl::StripAsciiWhitespace(number) == "?" ? kMissing : ParseFloat(number);
      if (!read.has_value()) return Error(absl::StrCat("'", number, "' is not a number"));
      const float value = *read;
      if (std::isinf(value)) return Error(absl::StrCat("'", number, "' is not finite"));
      if (std::isnan(value) && !missing_.value_or(true)) return Error("a missing value in a set with @missing false");
      values.push_back(value);
    }
    return absl::OkStatus();
  }

  // What the headers and the series before this one promised of its shape.
  absl::Status CheckShape(size_t dimensions, int shortest, int longest) {
    const int count = static_cast<int>(dimensions);
    if (set_.dimensions == 0) {
      if (dimensions_.value_or(count) != count) {
        return Error(absl::StrCat(count, " dimensions, @dimensions says ", *dimensions_));
      }
      if (univariate_.value_or(count == 1) != (count == 1)) {
        return Error(absl::StrCat(count, " dimensions, against @univariate"));
      }
      set_.dimensions = count;
    }
    if (set_.dimensions != count) return Error("another number of dimensions than before");
    if (!equal_length_.value_or(false)) return absl::OkStatus();
    if (set_.length == 0) set_.length = series_length_.value_or(longest);
    if (shortest != set_.length || longest != set_.length) {
      return Error(absl::StrCat("another length than ", set_.length, " in a set with @equalLength true"));
    }
    return absl::OkStatus();
  }

  absl::Status Series(absl::string_view line) {
    std::vector<std::string> parts = absl::StrSplit(line, ':');
    const std::string label(absl::StripAsciiWhitespace(parts.back()));
    parts.pop_back();
    if (parts.empty()) return Error("a series without values");
    const auto found = std::find(set_.class_names.begin(), set_.class_names.end(), label);
    if (found == set_.class_names.end()) return Error(absl::StrCat("class '", label, "' is not in @classLabel"));
    std::vector<std::vector<float>> dimensions(parts.size());
    size_t shortest = 0, longest = 0;
    for (size_t d = 0; d < parts.size(); ++d) {
      RETURN_IF_ERROR(Dimension(parts[d], dimensions[d]));
      shortest = d == 0 ? dimensions[d].size() : std::min(shortest, dimensions[d].size());
      longest = std::max(longest, dimensions[d].size());
    }
    if (absl::Status status = CheckShape(parts.size(), static_cast<int>(shortest), static_cast<int>(longest));
        !status.ok()) {
      return status;
    }
    std::vector<float> values;
    values.reserve(parts.size() * longest);
    std::vector<int>& own = set_.dimension_lengths.emplace_back();
    for (std::vector<float>& dimension : dimensions) {
      own.push_back(static_cast<int>(dimension.size()));
      dimension.resize(longest, kMissing);
      values.insert(values.end(), dimension.begin(), dimension.end());
    }
    set_.series.push_back(std::move(values));
    set_.lengths.push_back(static_cast<int>(longest));
    set_.labels.push_back(static_cast<int>(found - set_.class_names.begin()));
    return absl::OkStatus();
  }

  SeriesSet set_;
  std::optional<bool> missing_, univariate_, equal_length_;
  std::optional<int> dimensions_, series_length_;
  bool in_data_ = false;
  int line_ = 0;
};

}  // namespace

absl::StatusOr<SeriesSet> ParseTs(absl::string_view text) {
  TsParser parser;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    RETURN_IF_ERROR(parser.Line(line));
  }
  return std::move(parser).Finish();
}

}  // namespace tremorcast
