// What the client reads: resume positions, as the service gave them back, and region files. What is
// accepted is written back and means the same. First byte: which.

#include <string>

#include "cli/ingest/position_token.h"
#include "formats/regions_json.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {
namespace {

void Position(absl::string_view text) {
  const auto token = cli::PositionToken::Decode(text);
  if (!token.has_value()) return;
  FUZZ_CHECK(token->not_stored < 0 || cli::PositionToken::Decode(token->Encode()) == token);
  FUZZ_CHECK(token->offset == 0 ? token->last_row_bytes == 0 && token->next_line == 1
                                : token->last_row_bytes >= 1 && token->offset >= token->last_row_bytes);
}

void Regions(absl::string_view text) {
  const auto regions = ReadRegions(text);
  if (!regions.ok()) return;
  for (const Region& region : *regions) {
    FUZZ_CHECK(ValidateRegion(region).ok());
    RegionContains(region, region.polygon[0]);
  }
  const std::string written = WriteRegions(*regions);
  const auto again = ReadRegions(written);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(WriteRegions(*again) == written);
}

}  // namespace

void FuzzOne(absl::string_view input) { return TakeByte(&input) == 'r' ? Regions(input) : Position(input); }

}  // namespace tremorcast
