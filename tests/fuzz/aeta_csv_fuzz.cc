// A station file in pieces of any size: the same rows and problems whatever the pieces, every byte
// accounted for, and a row written again reads the same. First byte: the size of the pieces; its
// lowest bit: whether a cut last line counts.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "core/readers/aeta_csv.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {
namespace {

struct Seen {
  bool problem = false;
  int64_t line = 0, begin = 0, end = 0, time = 0;
  std::string text, station;
  std::vector<float> values;

  bool Same(const Seen& other) const {
    const auto bits = [](float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; };
    return std::tie(problem, line, begin, end, time, text, station) ==
               std::tie(other.problem, other.line, other.begin, other.end, other.time, other.text, other.station) &&
           std::equal(values.begin(), values.end(), other.values.begin(), other.values.end(), bits);
  }
};

std::vector<Seen> ReadInPieces(absl::string_view text, size_t piece, bool accept_unterminated) {
  AetaCsvReader reader(AetaCsvReader::Options{accept_unterminated});
  std::vector<Seen> all;
  size_t at = 0;
  int64_t offset = 0;
  for (;;) {
    const AetaCsvReader::Step step = reader.Next();
    FUZZ_CHECK(reader.offset() >= offset || step == AetaCsvReader::Step::kProblem);
    offset = reader.offset();
    FUZZ_CHECK(offset <= static_cast<int64_t>(text.size()));
    if (step == AetaCsvReader::Step::kEnd) return all;
    if (step == AetaCsvReader::Step::kNeedInput) {
      if (at == text.size()) {
        reader.FinishInput();
      } else {
        reader.Feed(text.substr(at, piece));
        at = std::min(text.size(), at + piece);
      }
      continue;
    }
    Seen seen;
    seen.problem = step == AetaCsvReader::Step::kProblem;
    if (seen.problem) {
      const CsvProblem& problem = reader.problem();
      seen.line = problem.line;
      seen.text = std::string(CsvProblemName(problem.kind)) + problem.column + problem.message;
    } else {
      const AetaCsvRow& row = reader.row();
      FUZZ_CHECK(row.values.size() == static_cast<size_t>(FeatureCount(*reader.signal())));
      FUZZ_CHECK(text.substr(static_cast<size_t>(row.begin_offset), row.text.size()) == row.text || row.line == 1);
      seen = {false,
              row.line,
              row.begin_offset,
              row.end_offset,
              row.time_unix,
              std::string(row.text),
              std::string(row.station),
              {row.values.begin(), row.values.end()}};
    }
    all.push_back(std::move(seen));
  }
}

void WritesWhatItRead(Signal signal, const Seen& row) {
  std::string text = AetaCsvHeader(signal);
  AppendAetaCsvRow(row.station, row.time, row.values, text);
  const std::vector<Seen> again = ReadInPieces(text, text.size(), false);
  FUZZ_CHECK(again.size() == 1 && !again[0].problem);
  FUZZ_CHECK(again[0].station == row.station && again[0].time == row.time);
  for (size_t i = 0; i < row.values.size(); ++i) {
    FUZZ_CHECK(again[0].values[i] == row.values[i] || (std::isnan(again[0].values[i]) && std::isnan(row.values[i])));
  }
}

}  // namespace

void FuzzOne(absl::string_view input) {
  const uint8_t mode = TakeByte(&input);
  const bool accept_unterminated = (mode & 1) != 0;
  const size_t piece = static_cast<size_t>(mode >> 1) + 1;
  const std::vector<Seen> whole = ReadInPieces(input, std::max<size_t>(1, input.size()), accept_unterminated);
  const std::vector<Seen> pieces = ReadInPieces(input, piece, accept_unterminated);
  FUZZ_CHECK(whole.size() == pieces.size());
  for (size_t i = 0; i < whole.size(); ++i) FUZZ_CHECK(whole[i].Same(pieces[i]));
  for (const Seen& row : whole) {
    if (row.problem) continue;
    WritesWhatItRead(row.values.size() == kMagnFeatures ? Signal::kMagn : Signal::kSound, row);
    break;
  }
}

}  // namespace tremorcast
