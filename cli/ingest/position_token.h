#pragma once

// The resume point of one file, as kept by the service (opaque to it) and given back by
// GetIngestPosition. It names the file by its beginning and checks the row before the offset, so
// that a rotated or rewritten file is read from its start. It never passes a row that was not
// stored as it stands, or a line that could not be read: those are read again, and told again, until
// they are in order. Pure.

#include <cstdint>
#include <optional>
#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast::cli {

struct PositionToken {
  std::string identity;        // FileIdentity
  int64_t offset = 0;          // byte after the last row before the point; 0 for the start of the file
  int64_t next_line = 1;       // number of the line that starts there
  int64_t last_row_bytes = 0;  // length of that row, line end included; 0 at the start
  std::string last_row_hash;   // RowHash of its text; "" at the start
  int64_t not_stored = 0;      // rows and lines from the point on that were not stored as they stand; -1: not known

  std::string Encode() const;  // not_stored >= 0: whoever writes one has counted
  static std::optional<PositionToken> Decode(absl::string_view text);
  friend bool operator==(const PositionToken&, const PositionToken&) = default;
};

// 12 hexadecimal digits over the first data row of a file, its name and its signal's name.
std::string FileIdentity(absl::string_view base_name, absl::string_view signal, absl::string_view first_row);
// 8 hexadecimal digits; line ends at the end of `row` do not count.
std::string RowHash(absl::string_view row);

// Name of a file as a source of rows, at most 64 bytes: "aeta-csv/105_magn.csv/1a2b3c4d5e6f".
std::string SourceName(absl::string_view base_name, absl::string_view identity);

}  // namespace tremorcast::cli
