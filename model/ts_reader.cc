#include "model/ts_reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "core/window.h"

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
    if (line.empty() || line[0] == '#') return absl::OkStatus();
    if (line[0] == '@') return Header(line);
    if (!in_data_) return Error("data before @data");
    return Series(line);
  }

  absl::StatusOr<TsDataset> Finish() && {
    if (data_.series.empty()) return absl::InvalidArgumentError("ts: no series");
    return std::move(data_);
  }

 private:
  absl::Status Error(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat("ts line ", line_, ": ", what));
  }

  absl::Status Header(absl::string_view line) {
    const std::vector<std::string> words = Words(line);
    const std::string key = absl::AsciiStrToLower(words[0]);
    if (key == "@data") {
      if (data_.class_names.empty()) return Error("no @classLabel with names before @data");
      in_data_ = true;
      return absl::OkStatus();
    }
    if (key == "@problemname") {
      data_.problem_name = words.size() > 1 ? words[1] : "";
      return absl::OkStatus();
    }
    if (key == "@classlabel") {
      if (words.size() < 3 || absl::AsciiStrToLower(words[1]) != "true") return Error("a set without class labels");
      data_.class_names.assign(words.begin() + 2, words.end());
      return absl::OkStatus();
    }
    if (key == "@timestamps" || key == "@equallength") {
      const bool wanted = key == "@equallength";
      if (words.size() < 2 || (absl::AsciiStrToLower(words[1]) == "true") != wanted) {
        return Error(absl::StrCat(words[0], " must be ", wanted ? "true" : "false"));
      }
      return absl::OkStatus();
    }
    // The rest is checked against the data itself.
    if (key == "@missing" || key == "@univariate" || key == "@dimensions" || key == "@dimension" ||
        key == "@serieslength" || key == "@targetlabel") {
      return absl::OkStatus();
    }
    return Error(absl::StrCat("unknown header ", words[0]));
  }

  absl::Status Series(absl::string_view line) {
    std::vector<std::string> parts = absl::StrSplit(line, ':');
    const std::string label(absl::StripAsciiWhitespace(parts.back()));
    parts.pop_back();
    if (parts.empty()) return Error("a series without values");
    const auto found = std::find(data_.class_names.begin(), data_.class_names.end(), label);
    if (found == data_.class_names.end()) return Error(absl::StrCat("class '", label, "' is not in @classLabel"));
    if (data_.dimensions == 0) data_.dimensions = static_cast<int>(parts.size());
    if (data_.dimensions != static_cast<int>(parts.size())) return Error("another number of dimensions than before");
    std::vector<float> values;
    for (const std::string& part : parts) {
      const std::vector<std::string> numbers = absl::StrSplit(part, ',');
      if (data_.length == 0) data_.length = static_cast<int>(numbers.size());
      if (data_.length != static_cast<int>(numbers.size())) return Error("another length than before");
      for (const std::string& number : numbers) {
        float value = kMissing;
        if (absl::StripAsciiWhitespace(number) != "?" && !absl::SimpleAtof(number, &value)) {
          return Error(absl::StrCat("'", number, "' is not a number"));
        }
        values.push_back(value);
      }
    }
    data_.series.push_back(std::move(values));
    data_.labels.push_back(static_cast<int>(found - data_.class_names.begin()));
    return absl::OkStatus();
  }

  TsDataset data_;
  bool in_data_ = false;
  int line_ = 0;
};

}  // namespace

absl::StatusOr<TsDataset> ParseTs(absl::string_view text) {
  TsParser parser;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::Status status = parser.Line(line); !status.ok()) return status;
  }
  return std::move(parser).Finish();
}

}  // namespace tremorcast
