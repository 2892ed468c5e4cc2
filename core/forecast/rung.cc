#include "core/forecast/rung.h"

namespace tremorcast {

absl::string_view RungName(Rung rung) {
  switch (rung) {
    case Rung::kClimatology:
      return "climatology";
    case Rung::kCatalogue:
      return "catalogue";
    case Rung::kStations:
      return "stations";
  }
  return "unknown";
}

}  // namespace tremorcast
