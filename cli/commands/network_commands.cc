// tremorcast stations import|list, regions import|list

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <nlohmann/json.hpp>

#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/ids.h"
#include "core/base/plain_text.h"
#include "files/text_file.h"
#include "formats/regions_json.h"
#include "formats/station_file.h"

namespace tremorcast::cli {
namespace {

ExitCode Fail(Console& console, absl::string_view what, const absl::Status& status) {
  console.err() << "tremorcast: " << what << (what.empty() ? "" : ": ") << PlainText(status.message()) << "\n";
  return ExitCode::kFailed;
}

nlohmann::ordered_json UpsertJson(const UpsertCounts& counts) {
  return {{"created", counts.created}, {"changed", counts.changed}, {"unchanged", counts.unchanged}};
}

void PrintUpserts(Console& console, absl::string_view noun, const UpsertCounts& counts) {
  console.out() << noun << ": " << counts.created << " new, " << counts.changed << " changed, " << counts.unchanged
                << " as they were\n";
}

class StationsImport final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"FILE",
             "AETA StationInfo.csv, FDSN station text, StationXML, or our own list (docs/DATA_CONTRACT.md, Files); - "
             "is the "
             "standard input",
             &file_,
             true,
             {}},
            {"--json", "print the counts as JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    Console& console = context.console;
    const absl::StatusOr<std::string> text = ReadTextFile(file_);
    if (!text.ok()) return Fail(console, "", text.status());
    const absl::StatusOr<StationText> read = ReadStationFile(*text);
    if (!read.ok()) return Fail(console, file_, read.status());
    for (const BadLine& bad : read->bad_lines)
      console.err() << file_ << ":" << bad.line << ": " << PlainText(bad.reason) << "\n";
    if (!read->passed_over.empty()) {
      console.err() << Count(static_cast<int64_t>(read->passed_over.size()), "earlier epoch")
                    << " passed over: the newest of each station counts\n";
    }
    UpsertCounts counts;
    std::vector<v1::Station> written;
    const grpc::Status status = UpsertStations(context.client, read->stations, read->columns, counts, &written);
    const int64_t enrolled = std::count_if(written.begin(), written.end(), [](const v1::Station& station) {
      return station.magn_updating() && station.sound_updating();
    });
    if (json_) {
      nlohmann::ordered_json json = UpsertJson(counts);
      json["enrolled"] = enrolled;
      json["rejected_lines"] = read->bad_lines.size();
      console.out() << json.dump() << "\n";
    } else {
      PrintUpserts(console, "stations", counts);
    }
    if (!status.ok()) return Report(console, context.client, "stations import", status);
    if (!json_) console.out() << enrolled << " of " << read->stations.size() << " enrolled (both signals updating)\n";
    return read->bad_lines.empty() ? ExitCode::kOk : ExitCode::kPartial;
  }

 private:
  std::string file_;
  bool json_ = false;
};

class StationsList final : public Command {
 public:
  std::vector<Flag> Flags() override { return {{"--json", "print JSON", &json_, false, {}}}; }

  ExitCode Run(CommandContext& context) override {
    std::vector<v1::Station> stations;
    if (const grpc::Status status = FetchStations(context.client, stations); !status.ok()) {
      return Report(context.console, context.client, "stations list", status);
    }
    if (json_) {
      context.console.out() << ToJsonList("stations", stations) << "\n";
      return ExitCode::kOk;
    }
    Table table({"STATION", "TITLE", "LATITUDE", "LONGITUDE", "MAGN", "SOUND", "IN SERVICE", "REV"}, {2, 3, 7});
    for (const v1::Station& s : stations) {
      const std::string from = s.has_valid_from_time() ? LocalMinute(s.valid_from_time()) : "";
      const std::string to = s.has_valid_to_time() ? LocalMinute(s.valid_to_time()) : "";
      table.Add({LastPart(s.name()), s.title(), absl::StrFormat("%.3f", s.location().latitude_degrees()),
                 absl::StrFormat("%.3f", s.location().longitude_degrees()), s.magn_updating() ? "yes" : "no",
                 s.sound_updating() ? "yes" : "no",
                 from.empty() && to.empty() ? "always" : absl::StrCat(from, " to ", to), absl::StrCat(s.revision())});
    }
    table.Print(context.console);
    return ExitCode::kOk;
  }

 private:
  bool json_ = false;
};

class RegionsImport final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {
        {"FILE",
         "AETA areas.json, GeoJSON polygons, or our own regions.json; - is the standard input",
         &file_,
         true,
         {}},
        {"--whole-box", "add the box around all of them as one more region, reported apart", &whole_box_, false, {}},
        {"--json", "print the counts as JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    Console& console = context.console;
    const absl::StatusOr<std::string> text = ReadTextFile(file_);
    if (!text.ok()) return Fail(console, "", text.status());
    absl::StatusOr<RegionsText> read = ReadRegionsText(*text);
    if (!read.ok()) return Fail(console, file_, read.status());
    if (whole_box_) {
      read->regions.push_back(WholeBox(read->regions));
      read->said.emplace_back();
    }
    UpsertCounts counts;
    std::vector<google::protobuf::FieldMask> said;
    for (const RegionsText::Said& one : read->said) {
      said.push_back(MaskOfSaid({{true, "polygon"},
                                 {one.title, "title"},
                                 {one.stations, "stations"},
                                 {one.whole_network, "whole_network"},
                                 {one.simulated, "simulated"}}));
    }
    const grpc::Status status = UpsertRegions(context.client, read->regions, said, counts);
    if (json_) {
      console.out() << UpsertJson(counts).dump() << "\n";
    } else {
      PrintUpserts(console, "regions", counts);
    }
    return status.ok() ? ExitCode::kOk : Report(console, context.client, "regions import", status);
  }

 private:
  std::string file_;
  bool whole_box_ = false, json_ = false;
};

class RegionsList final : public Command {
 public:
  std::vector<Flag> Flags() override { return {{"--json", "print JSON", &json_, false, {}}}; }

  ExitCode Run(CommandContext& context) override {
    std::vector<v1::Region> regions;
    if (const grpc::Status status = FetchRegions(context.client, regions); !status.ok()) {
      return Report(context.console, context.client, "regions list", status);
    }
    if (json_) {
      context.console.out() << ToJsonList("regions", regions) << "\n";
      return ExitCode::kOk;
    }
    Table table({"REGION", "TITLE", "STATIONS", "KIND", "REV"}, {2, 4});
    for (const v1::Region& r : regions) {
      std::vector<std::string> kinds;
      if (r.whole_network()) kinds.push_back("whole network");
      if (r.simulated()) kinds.push_back("simulated");
      table.Add({LastPart(r.name()), r.title(), r.stations().empty() ? "inside" : absl::StrCat(r.stations_size()),
                 absl::StrJoin(kinds, ", "), absl::StrCat(r.revision())});
    }
    table.Print(context.console);
    return ExitCode::kOk;
  }

 private:
  bool json_ = false;
};

}  // namespace

CommandSpec StationsImportSpec() {
  return {"stations import",
          "Register stations, or change them",
          "A station that differs from what is stored gets a new revision. Lines that cannot be read are listed and "
          "the others imported (exit code 4).",
          {"tremorcast stations import StationInfo.csv"},
          [] { return std::make_unique<StationsImport>(); }};
}
CommandSpec StationsListSpec() {
  return {
      "stations list", "List the stations", "", {"tremorcast stations list", "tremorcast stations list --json"}, [] {
        return std::make_unique<StationsList>();
      }};
}
CommandSpec RegionsImportSpec() {
  return {"regions import",
          "Register regions, or change them",
          "AETA's areas are named area-0, area-1, ...; the whole box whole-box.",
          {"tremorcast regions import areas.json --whole-box", "tremorcast regions import faults.geojson"},
          [] { return std::make_unique<RegionsImport>(); }};
}
CommandSpec RegionsListSpec() {
  return {"regions list", "List the regions", "", {"tremorcast regions list"}, [] {
            return std::make_unique<RegionsList>();
          }};
}

}  // namespace tremorcast::cli
