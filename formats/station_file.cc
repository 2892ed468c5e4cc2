#include "formats/station_file.h"

#include <optional>
#include <string>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <absl/time/time.h>

#include "core/base/number_text.h"
#include "core/base/status_macros.h"
#include "core/readers/civil_text.h"
#include "formats/xml_text.h"

namespace tremorcast {
namespace {

void AddStation(const pugi::xml_node& network, const pugi::xml_node& node, int64_t line, StationList& stations) {
  std::string fault;
  const auto number = [&](absl::string_view name) {
    const std::string text = TextAt(node, name);
    const std::optional<double> value = ParseFinite(text);
    if (!value.has_value()) fault = absl::StrCat(name, " '", text, "' is no number");
    return value.value_or(0);
  };
  const auto when = [&](const char* attribute) -> std::optional<absl::Time> {
    const absl::string_view text = node.attribute(attribute).value();
    const std::optional<absl::Time> time = ParseCatalogueTime(text, absl::UTCTimeZone());
    if (!text.empty() && !time.has_value()) fault = absl::StrCat(attribute, " '", text, "' is no time");
    return time;
  };
  Station station =
      FdsnStation(network.attribute("code").value(), node.attribute("code").value(), TextAt(node, "Site/Name"),
                  {number("Latitude"), number("Longitude")}, when("startDate"), when("endDate"));
  stations.Add(line, std::move(station), std::move(fault));
}

absl::StatusOr<StationText> ReadStationXml(absl::string_view text) {
  pugi::xml_document document;
  RETURN_IF_ERROR(LoadXml(text, document));
  const pugi::xml_node root = Child(document, "FDSNStationXML");
  if (!root) {
    return absl::InvalidArgumentError(
        absl::StrCat("is XML, but no StationXML: <", document.document_element().name(), ">"));
  }
  StationList stations(true);
  LineCounter lines(text);
  for (const pugi::xml_node& network : root.children()) {
    if (LocalName(network) != "Network") continue;
    for (const pugi::xml_node& node : network.children()) {
      if (LocalName(node) == "Station") AddStation(network, node, lines.LineOf(node), stations);
    }
  }
  StationText read = std::move(stations).Finish();
  read.columns.signals = read.columns.simulated = false;
  return read;
}

}  // namespace

absl::StatusOr<StationText> ReadStationFile(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(text), "<")) return ReadStationXml(text);
  return ReadStations(text);
}

}  // namespace tremorcast
