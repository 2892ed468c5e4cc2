// tremorcast catalog duplicates|join|split|withdraw|decisions|undo

#include <algorithm>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <nlohmann/json.hpp>

#include "cli/calls/network_client.h"
#include "cli/commands/commands.h"
#include "cli/text/convert.h"
#include "core/base/number_text.h"
#include "core/base/time_grid.h"
#include "core/catalogue/identity.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"

namespace tremorcast::cli {
namespace {

using Stub = v1::CatalogService::Stub;

std::string NameOf(const std::string& source, const std::string& id) { return absl::StrCat(source, "/", id); }
std::string NameOf(const v1::EventRef& ref) { return NameOf(ref.source(), ref.source_event_id()); }
std::string NameOf(const SeismicEvent& event) { return NameOf(event.source, event.source_event_id); }

// "cenc/20210407T0005_27.31_102.46". Ids may hold a '/', sources do not.
bool FillRef(const std::string& name, v1::EventRef* ref) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == name.size()) return false;
  ref->set_source(name.substr(0, slash));
  ref->set_source_event_id(name.substr(slash + 1));
  return true;
}

std::string VerdictText(v1::IdentityVerdict verdict) {
  switch (verdict) {
    case v1::IDENTITY_VERDICT_JOINED:
      return "joined";
    case v1::IDENTITY_VERDICT_APART:
      return "apart";
    case v1::IDENTITY_VERDICT_WITHDRAWN:
      return "withdrawn";
    default:
      return "";
  }
}

void PrintDecisions(Console& console, const std::vector<v1::IdentityDecision>& decisions) {
  Table table({"ID", "DECIDED", "EVENT", "OTHER", "WHEN (UTC+8)", "WHO", "WHY", "STATE"}, {0});
  for (const v1::IdentityDecision& one : decisions) {
    table.Add({absl::StrCat(one.id()), VerdictText(one.verdict()), NameOf(one.event()),
               one.has_other() ? NameOf(one.other()) : "", LocalMinute(one.decide_time()), one.actor(), one.reason(),
               one.has_take_back_time() ? absl::StrCat("taken back ", LocalMinute(one.take_back_time()), " by ",
                                                       one.take_back_actor(), ": ", one.take_back_reason())
                                        : "stands"});
  }
  table.Print(console);
}

void PrintDecision(Console& console, const v1::IdentityDecision& decision, bool json) {
  json ? void(console.out() << ToJson(decision) << "\n") : PrintDecisions(console, {decision});
}

// join, split and withdraw differ in their verdict and in how many events they are about.
class CatalogDecide final : public Command {
 public:
  CatalogDecide(std::string name, v1::IdentityVerdict verdict) : name_(std::move(name)), verdict_(verdict) {}

  std::vector<Flag> Flags() override {
    std::vector<Flag> flags = {
        {"EVENT", "SOURCE/ID, as 'catalog duplicates' and 'catalog list --json' say them", &event_, true, {}}};
    if (verdict_ != v1::IDENTITY_VERDICT_WITHDRAWN) flags.push_back({"OTHER", "SOURCE/ID", &other_, true, {}});
    flags.push_back({"--reason", "why, for the record", &reason_, true, {}});
    flags.push_back({"--actor", "who, for the record", &actor_, false, {}});
    flags.push_back({"--json", "print JSON", &json_, false, {}});
    return flags;
  }

  ExitCode Run(CommandContext& context) override {
    v1::DecideIdentityRequest request;
    request.set_verdict(verdict_);
    if (!FillRef(event_, request.mutable_event()) || (!other_.empty() && !FillRef(other_, request.mutable_other()))) {
      context.console.err() << "tremorcast " << name_ << ": an event is named SOURCE/ID, such as comcat/us7000abcd\n";
      return ExitCode::kUsage;
    }
    request.set_reason(reason_);
    request.set_actor(actor_);
    v1::DecideIdentityResponse response;
    const auto stub = v1::CatalogService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::DecideIdentity, request, &response);
    if (!status.ok()) return Report(context.console, context.client, name_, status);
    PrintDecision(context.console, response.decision(), json_);
    return ExitCode::kOk;
  }

 private:
  const std::string name_;
  const v1::IdentityVerdict verdict_;
  std::string event_, other_, reason_, actor_;
  bool json_ = false;
};

class CatalogUndo final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"ID", "the decision, as 'catalog decisions' numbers it", &id_, true, {}},
            {"--reason", "why, for the record", &reason_, true, {}},
            {"--actor", "who, for the record", &actor_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    v1::TakeBackIdentityDecisionRequest request;
    int64_t id = 0;
    if (!absl::SimpleAtoi(id_, &id)) {
      context.console.err() << "tremorcast catalog undo: '" << id_ << "' is no number of a decision\n";
      return ExitCode::kUsage;
    }
    request.set_id(id);
    request.set_reason(reason_);
    request.set_actor(actor_);
    v1::TakeBackIdentityDecisionResponse response;
    const auto stub = v1::CatalogService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::TakeBackIdentityDecision, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "catalog undo", status);
    PrintDecision(context.console, response.decision(), json_);
    return ExitCode::kOk;
  }

 private:
  std::string id_, reason_, actor_;
  bool json_ = false;
};

class CatalogDecisions final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--all", "those that were taken back, too", &all_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    v1::ListIdentityDecisionsRequest request;
    request.set_include_taken_back(all_);
    v1::ListIdentityDecisionsResponse response;
    const auto stub = v1::CatalogService::NewStub(context.client.channel());
    const grpc::Status status = context.client.Call(stub.get(), &Stub::ListIdentityDecisions, request, &response);
    if (!status.ok()) return Report(context.console, context.client, "catalog decisions", status);
    if (json_) {
      context.console.out() << ToJsonList("decisions", response.decisions()) << "\n";
    } else {
      PrintDecisions(context.console, {response.decisions().begin(), response.decisions().end()});
    }
    return ExitCode::kOk;
  }

 private:
  bool all_ = false, json_ = false;
};

class CatalogDuplicates final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {{"--since", "from this origin time on", &since_, false, {}},
            {"--until", "before this origin time", &until_, false, {}},
            {"--distance", "at most so far apart, from 0 to 2", &distance_, false, {}},
            {"--limit", "at most this many, the nearest", &limit_, false, {}},
            {"--json", "print JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    v1::ListEventsRequest request;
    for (const auto& [flag, bound] : {std::pair(&since_, &v1::ListEventsRequest::mutable_start_time),
                                      std::pair(&until_, &v1::ListEventsRequest::mutable_end_time)}) {
      if (flag->empty()) continue;
      const absl::StatusOr<absl::Time> parsed = ParseTime(*flag);
      if (!parsed.ok()) {
        context.console.err() << "tremorcast catalog duplicates: " << parsed.status().message() << "\n";
        return ExitCode::kUsage;
      }
      FillTime(*parsed, (request.*bound)());
    }
    std::vector<v1::SeismicEvent> listed;
    v1::ListEventsResponse last;
    if (const grpc::Status status = FetchEvents(context.client, request, listed, last); !status.ok()) {
      return Report(context.console, context.client, "catalog duplicates", status);
    }
    std::vector<SeismicEvent> events;
    for (const v1::SeismicEvent& event : listed) events.push_back(ToEvent(event));
    const std::vector<size_t> groups = GroupRecords(events);
    std::vector<RecordPair> pairs = NearPairs(events, std::clamp(distance_, 0.0, 2.0));
    std::erase_if(pairs, [&](const RecordPair& pair) {
      const SeismicEvent &a = events[pair.first], &b = events[pair.second];
      const bool apart = std::any_of(a.apart.begin(), a.apart.end(), [&](int64_t id) {
        return std::find(b.apart.begin(), b.apart.end(), id) != b.apart.end();
      });
      return apart || groups[pair.first] == groups[pair.second];
    });
    const size_t all = pairs.size();
    if (limit_ > 0 && all > static_cast<size_t>(limit_)) pairs.resize(static_cast<size_t>(limit_));
    Print(context.console, events, pairs);
    if (!json_) context.console.err() << pairs.size() << " of " << Count(static_cast<int64_t>(all), "pair") << "\n";
    return ExitCode::kOk;
  }

 private:
  void Print(Console& console, const std::vector<SeismicEvent>& events, const std::vector<RecordPair>& pairs) const {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    Table table({"DISTANCE", "TIME (UTC+8)", "EVENT", "OTHER", "SECONDS", "KM", "MAG"}, {0, 4, 5});
    for (const RecordPair& pair : pairs) {
      const SeismicEvent &a = events[pair.first], &b = events[pair.second];
      const double seconds = absl::ToDoubleSeconds(b.origin_time - a.origin_time);
      const double km = DistanceKm(a.epicenter, b.epicenter);
      json.push_back({{"distance", pair.distance},
                      {"event", NameOf(a)},
                      {"other", NameOf(b)},
                      {"seconds", seconds},
                      {"kilometres", km},
                      {"magnitudes", {a.magnitude, b.magnitude}}});
      table.Add({absl::StrFormat("%.2f", pair.distance), tremorcast::LocalMinute(a.origin_time), NameOf(a), NameOf(b),
                 absl::StrFormat("%.0f", seconds), absl::StrFormat("%.0f", km),
                 absl::StrFormat("%.1f, %.1f", a.magnitude, b.magnitude)});
    }
    if (json_) {
      console.out() << nlohmann::ordered_json{{"pairs", json}}.dump() << "\n";
    } else {
      table.Print(console);
    }
  }

  std::string since_, until_;
  double distance_ = 1;
  int64_t limit_ = 50;
  bool json_ = false;
};

CommandSpec DecideSpec(const std::string& name, v1::IdentityVerdict verdict, const std::string& title,
                       const std::string& text, const std::string& example) {
  return {name, title, text, {example}, [name, verdict] { return std::make_unique<CatalogDecide>(name, verdict); }};
}

}  // namespace

CommandSpec CatalogDuplicatesSpec() {
  return {"catalog duplicates",
          "List records that may be of one earthquake",
          "Pairs that are not taken for one, nearest first, but those that somebody decided about. A distance puts the "
          "gap in time (a minute is 1), in space (100 km) and in magnitude (2) together; records of different "
          "catalogues are taken for one up to 1, each with its nearest.",
          {"tremorcast catalog duplicates", "tremorcast catalog duplicates --since 2020-12-01 --distance 0.25"},
          [] { return std::make_unique<CatalogDuplicates>(); }};
}
CommandSpec CatalogJoinSpec() {
  return DecideSpec("catalog join", v1::IDENTITY_VERDICT_JOINED, "Decide that two records are of one earthquake",
                    "Of the two that of the catalogue with precedence counts from now on. The decision stays on record "
                    "and can be taken back with 'tremorcast catalog undo'.",
                    "tremorcast catalog join cenc/20210407T0005_27.31_102.46 comcat/us1 --reason 'late at night'");
}
CommandSpec CatalogSplitSpec() {
  return DecideSpec("catalog split", v1::IDENTITY_VERDICT_APART, "Decide that two records are of two earthquakes",
                    "However near they lie. The decision stays on record and can be taken back.",
                    "tremorcast catalog split cenc/20210521T1355_25.67_99.89 comcat/us2 --reason 'an aftershock'");
}
CommandSpec CatalogWithdrawSpec() {
  return DecideSpec("catalog withdraw", v1::IDENTITY_VERDICT_WITHDRAWN, "Decide that a record is of no earthquake",
                    "Whatever its catalogue says, now or later. The decision stays on record and can be taken back.",
                    "tremorcast catalog withdraw comcat/us3 --reason 'a quarry'");
}
CommandSpec CatalogDecisionsSpec() {
  return {"catalog decisions",
          "List what was decided about records",
          "",
          {"tremorcast catalog decisions", "tremorcast catalog decisions --all"},
          [] { return std::make_unique<CatalogDecisions>(); }};
}
CommandSpec CatalogUndoSpec() {
  return {"catalog undo",
          "Take back a decision about records",
          "It stays on record, with who took it back and why.",
          {"tremorcast catalog undo 3 --reason 'seen again'"},
          [] { return std::make_unique<CatalogUndo>(); }};
}

}  // namespace tremorcast::cli
