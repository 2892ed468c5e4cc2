// tremorcast observations correct|corrections

#include <algorithm>
#include <memory>
#include <ostream>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/ids.h"
#include "core/base/number_text.h"
#include "core/base/status_macros.h"
#include "core/readers/aeta_csv.h"
#include "files/text_file.h"
#include "tremorcast/v1/admin_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using Stub = v1::AdminService::Stub;

std::string Changes(const v1::ObservationCorrection& correction) {
  constexpr int kShown = 3;
  std::string text;
  for (int i = 0; i < correction.new_values_size() && i < kShown; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", correction.new_values(i).feature(), " ",
                    absl::StrFormat("%.9g", correction.old_values(i).value()), " -> ",
                    absl::StrFormat("%.9g", correction.new_values(i).value()));
  }
  const int more = correction.new_values_size() - kShown;
  return more > 0 ? absl::StrCat(text, " and ", more, " more") : text;
}

class ObservationsCorrect final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"STATION", "the station's id", &station_, true, {}},
            {"--slot", "start of the row's ten minutes: RFC 3339, or \"2020-12-06 00:10\" in UTC+8", &slot_, true, {}},
            {"--set", "FEATURE=VALUE, as often as needed; the others keep their values", &set_, false, {}},
            {"--file", "take the row's values from this AETA file instead", &file_, false, {}},
            {"--reason", "why, for the record", &reason_, true, {}},
            {"--actor", "who, for the record", &actor_, false, {}},
            {"--json", "print the record's entry as JSON", &json_, false, {}}};
  }
  ExitCode Run(CommandContext& context) override {
    v1::CorrectObservationRequest request;
    if (absl::Status filled = Fill(request); !filled.ok()) {
      context.console.err() << "tremorcast observations correct: " << filled.message() << "\n";
      return ExitCode::kUsage;
    }
    v1::CorrectObservationResponse response;
    const auto stub = v1::AdminService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::CorrectObservation, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "observations correct", status);
    const v1::ObservationCorrection& c = response.correction();
    if (json_) {
      context.console.out() << ToJson(c) << "\n";
      return ExitCode::kOk;
    }
    context.console.out() << LastPart(c.station()) << ", " << LocalMinute(c.slot_time()) << " UTC+8: " << Changes(c)
                          << " (entry " << c.sequence() << ")\n"
                          << (c.week_was_sealed()
                                  ? "Its week was sealed: a new window revision follows.\n"
                                  : "Its week is not sealed yet: the window will hold the new values.\n");
    return ExitCode::kOk;
  }

 private:
  absl::Status Fill(v1::CorrectObservationRequest& request) const {
    const auto slot = ParseTime(slot_);
    if (!slot.ok()) return absl::InvalidArgumentError(absl::StrCat("--slot: ", slot.status().message()));
    request.set_station(Named("stations", station_));
    FillTime(*slot, request.mutable_slot_time());
    request.set_reason(reason_);
    request.set_actor(actor_);
    if (set_.empty() == file_.empty())
      return absl::InvalidArgumentError("give either --set FEATURE=VALUE or --file FILE");
    if (!file_.empty()) return FillFromFile(*slot, request);
    for (const std::string& one : set_) {
      const size_t equals = one.find('=');
      const std::optional<float> value =
          equals == std::string::npos ? std::nullopt : ParseFloat(absl::string_view(one).substr(equals + 1));
      if (!value.has_value()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--set: \"", one, "\" is not FEATURE=VALUE, such as magn@var=0.5"));
      }
      v1::FeatureValue& added = *request.add_values();
      added.set_feature(one.substr(0, equals));
      added.set_value(*value);
    }
    return absl::OkStatus();
  }

  absl::Status FillFromFile(absl::Time slot, v1::CorrectObservationRequest& request) const {
    ASSIGN_OR_RETURN(const auto text, ReadTextFile(file_));
    AetaCsvReader reader;
    reader.Feed(text);
    reader.FinishInput();
    for (auto step = reader.Next(); step != AetaCsvReader::Step::kEnd; step = reader.Next()) {
      if (step != AetaCsvReader::Step::kRow) continue;
      const AetaCsvRow& row = reader.row();
      if (row.station != LastPart(station_) || row.time_unix != absl::ToUnixSeconds(slot)) continue;
      for (size_t i = 0; i < row.values.size(); ++i) {
        v1::FeatureValue& added = *request.add_values();
        added.set_feature(std::string(reader.ColumnOf(static_cast<int>(i))));
        added.set_value(row.values[i]);
      }
      return absl::OkStatus();
    }
    return absl::NotFoundError(absl::StrCat(file_, " holds no row of station ", LastPart(station_), " at ", slot_));
  }

  std::string station_, slot_, file_, reason_, actor_;
  std::vector<std::string> set_;
  bool json_ = false;
};

class ObservationsCorrections final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--station", "of this station alone", &station_, false, {}},
            {"--limit", "at most this many", &limit_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }
  ExitCode Run(CommandContext& context) override {
    v1::ListObservationCorrectionsRequest request;
    if (!station_.empty()) request.set_station(Named("stations", station_));
    request.set_page_size(static_cast<int32_t>(std::clamp<int64_t>(limit_, 1, 500)));
    v1::ListObservationCorrectionsResponse response;
    const auto stub = v1::AdminService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::ListObservationCorrections, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "observations corrections", status);
    if (json_) {
      context.console.out() << ToJsonList("corrections", response.corrections()) << "\n";
      return ExitCode::kOk;
    }
    Table table({"ENTRY", "WHEN (UTC+8)", "STATION", "SLOT (UTC+8)", "CHANGE", "WHO", "WHY"}, {0});
    for (const v1::ObservationCorrection& c : response.corrections()) {
      table.Add({absl::StrCat(c.sequence()), LocalMinute(c.correct_time()), LastPart(c.station()),
                 LocalMinute(c.slot_time()), Changes(c), c.actor(), c.reason()});
    }
    table.Print(context.console);
    return ExitCode::kOk;
  }

 private:
  std::string station_;
  int64_t limit_ = 50;
  bool json_ = false;
};

}  // namespace

CommandSpec ObservationsCorrectSpec() {
  return {
      "observations correct",
      "Correct values of a stored row; the old ones stay on record",
      "For administrators. A row sent again with other values is in conflict and the first is kept; this is how "
      "somebody decides otherwise. A sealed week gets a new window revision; nothing as of an earlier moment changes.",
      {"tremorcast observations correct 105 --slot \"2020-12-06 00:10\" --set magn@var=0.25 --reason \"lightning\" "
       "--actor ada",
       "tremorcast observations correct 105 --slot \"2020-12-06 00:10\" --file 105_magn.csv --reason \"first sent "
       "with the wrong gain\""},
      [] { return std::make_unique<ObservationsCorrect>(); }};
}
CommandSpec ObservationsCorrectionsSpec() {
  return {"observations corrections",
          "Show the record of corrected rows, newest first",
          "",
          {"tremorcast observations corrections --station 105"},
          [] { return std::make_unique<ObservationsCorrections>(); }};
}

}  // namespace tremorcast::cli
