#include "cli/text/forecast_text.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "cli/text/convert.h"
#include "core/base/ids.h"
#include "core/forecast/forecast.h"
#include "core/forecast/rung.h"
#include "core/forecast/station_question.h"

namespace tremorcast::cli {
namespace {

std::string Period(const v1::Forecast& f) {
  return absl::StrCat(LocalMinute(f.valid_from_time()), " to ", LocalMinute(f.valid_to_time()));
}

bool BetweenWeeks(const v1::Forecast& f) {
  return f.issue_kind() == v1::ISSUE_KIND_EVENT || f.issue_kind() == v1::ISSUE_KIND_DAILY;
}

std::string IssueText(const v1::Forecast& f) {
  return f.issue_kind() == v1::ISSUE_KIND_UNSPECIFIED
             ? ""
             : std::string(IssueKindName(static_cast<IssueKind>(f.issue_kind())));
}

std::string Stations(const v1::Forecast& f) {
  return absl::StrCat(f.coverage().usable_count(), "/", f.coverage().enrolled_count());
}

std::string ModelText(const v1::Forecast& f) {
  if (!f.model_use().used()) return "climatology";
  return absl::StrFormat("%s, weight %.2f", LastPart(f.model_use().model()), f.model_use().pool_weight());
}

std::string ReasonText(v1::RevisionReason reason) {
  switch (reason) {
    case v1::REVISION_REASON_FIRST_ISSUE:
      return "first issue";
    case v1::REVISION_REASON_LATE_DATA:
      return "late data";
    case v1::REVISION_REASON_WITHDRAWN:
      return "WITHDRAWN";
    case v1::REVISION_REASON_RECOMPUTED:
      return "recomputed";
    default:
      return "";
  }
}

// A chance is never said to be none or certain.
std::string Percent(double p) {
  if (p > 0 && p < 0.0005) return "<0.1 %";
  if (p < 1 && p > 0.9995) return ">99.9 %";
  return absl::StrFormat("%.1f %%", 100 * p);
}

// What each rung says, and why it answers or not.
void PrintLadder(Console& console, const v1::Forecast& f) {
  std::ostream& out = console.out();
  for (const v1::RungAnswer& rung : f.rungs()) {
    double event = 0;
    for (int k = 1; k < rung.class_probabilities_size(); ++k) event += rung.class_probabilities(k);
    out << absl::StrFormat("  %-14s P(M >= %.1f) %s%s; %s\n", absl::StrCat("Rung ", RungText(rung.rung())),
                           f.exceedances_size() > 0 ? f.exceedances(0).magnitude() : 0, Percent(event),
                           rung.answers() ? ", answers" : "", rung.verdict());
  }
  const auto chances_of = [&f](const google::protobuf::RepeatedField<double>& exceedances) {
    std::string chances;
    for (int k = 0; k < exceedances.size() && k < f.exceedances_size(); ++k) {
      absl::StrAppendFormat(&chances, "%sM >= %.1f %s", k == 0 ? "" : ", ", f.exceedances(k).magnitude(),
                            Percent(exceedances[k]));
    }
    return chances;
  };
  for (const v1::StationHorizon& horizon : f.station_horizons()) {
    out << absl::StrFormat("  %-14s %s by the stations%s; %s\n",
                           absl::StrFormat("Next %d day%s", horizon.days(), horizon.days() == 1 ? "" : "s"),
                           chances_of(horizon.exceedance_probabilities()), horizon.answer().answers() ? ", answer" : "",
                           horizon.answer().verdict());
  }
  if (!f.has_catalogue_outlook()) return;
  const v1::CatalogueOutlook& outlook = f.catalogue_outlook();
  for (const v1::HorizonOutlook& horizon : outlook.horizons()) {
    out << absl::StrFormat("  %-14s %s; %.3g events expected (95 %%: %d to %d)\n",
                           absl::StrFormat("Next %g days", horizon.days()),
                           chances_of(horizon.exceedance_probabilities()), horizon.expected_events(),
                           horizon.expected_events_low(), horizon.expected_events_high());
  }
  out << absl::StrFormat("  %-14s complete from M %.1f on, up to %s; %d events as sources, the last %s\n", "Catalogue",
                         outlook.completeness_magnitude(), LocalMinute(outlook.complete_until_time()),
                         outlook.source_events(), LocalMinute(outlook.last_event_time()));
}

std::string CameText(int observed_class, bool has_magnitude, double magnitude, int events) {
  return absl::StrCat("class ", observed_class, " of ", Count(events, "event"),
                      has_magnitude ? absl::StrFormat(" up to M %.1f", magnitude) : "");
}

std::string RevisedText(const v1::ScoredWeek& week) {
  const v1::ObservedWeek& before = week.replaced();
  return absl::StrCat(
      "revised ", LocalMinute(week.verify_time()), " by a later catalogue: ",
      CameText(week.observed_class(), week.has_largest_magnitude(), week.largest_magnitude(), week.event_count()),
      "; before, ",
      CameText(before.observed_class(), before.has_largest_magnitude(), before.largest_magnitude(),
               before.event_count()));
}

void PrintTrackRecord(Console& console, const v1::TrackRecord& record) {
  std::ostream& out = console.out();
  if (record.weeks_scored() == 0) {
    out << "  Track record   no week of this region has been verified yet\n";
    return;
  }
  out << "  Track record   " << Count(record.weeks_scored(), "week") << " scored, " << record.event_weeks()
      << " with an event";
  if (record.has_information_gain())
    out << absl::StrFormat("; gain over climatology %+.3f nats/week", record.information_gain());
  if (record.has_information_gain_low()) {
    out << absl::StrFormat(" [%+.3f, %+.3f]", record.information_gain_low(), record.information_gain_high());
  }
  if (record.has_catalogue_information_gain()) {
    out << absl::StrFormat("; over the catalogue alone %+.3f", record.catalogue_information_gain());
  }
  if (record.has_twin_information_gain()) {
    out << absl::StrFormat("; over a model that sees no station %+.3f", record.twin_information_gain());
  }
  out << "\n";
  if (!record.sentence().empty()) out << "                 " << record.sentence() << "\n";
  for (const v1::RungRecord& rung : record.rungs()) {
    out << absl::StrFormat("    rung %s, %s: %d verified, %d with an event, gain over climatology %+.3f",
                           RungText(rung.rung()), IssueKindName(static_cast<IssueKind>(rung.issue_kind())),
                           rung.issues_scored(), rung.event_issues(), rung.information_gain());
    if (rung.has_information_gain_low()) {
      out << absl::StrFormat(" [%+.3f, %+.3f]", rung.information_gain_low(), rung.information_gain_high());
    }
    if (rung.has_below_information_gain()) {
      out << absl::StrFormat(", over the rung below %+.3f", rung.below_information_gain());
    }
    out << "\n";
  }
  for (const v1::ScoredWeek& week : record.last_weeks()) {
    out << absl::StrFormat("    %s  said P(M>=3.5) %s, class %d came (gain %+.2f)\n",
                           LocalMinute(week.valid_from_time()), Percent(week.probability_event()),
                           week.observed_class(), week.information_gain());
    if (week.has_replaced()) out << "                      " << RevisedText(week) << "\n";
  }
}

}  // namespace

std::string ScopeText(const std::string& scope) {
  const std::string name = LastPart(scope);
  return name == "_network" ? "network" : name == "_catalogue" ? "catalogue" : name;
}

std::string RungText(v1::Rung rung) {
  return rung == v1::RUNG_UNSPECIFIED ? "" : std::string(RungName(static_cast<Rung>(rung - v1::RUNG_CLIMATOLOGY)));
}

void PrintForecastTable(Console& console, const std::vector<v1::Forecast>& forecasts) {
  std::vector<std::string> header = {"REGION",  "VALID (UTC+8)", "P(M>=3.5)", "USUAL",   "P(M>=4)", "P(M>=4.5)",
                                     "P(M>=5)", "STATIONS",      "STATUS",    "PURPOSE", "ISSUE",   "REV"};
  Table table(std::move(header), {2, 3, 4, 5, 6, 7, 11});
  std::map<std::string, std::vector<std::string>> verdicts;  // and the regions they are about
  std::set<std::string> notices;
  for (const v1::Forecast& f : forecasts) {
    std::vector<std::string> row = {LastPart(f.region()), Period(f)};
    for (int k = 0; k < 4; ++k) {
      const bool known = k < f.exceedances_size();
      row.push_back(known ? f.exceedances(k).display() : "");
      if (k == 0) row.push_back(known ? Percent(f.exceedances(k).climatology()) : "");
    }
    row.push_back(Stations(f));
    row.push_back(StatusText(f.status()));
    row.push_back(PurposeText(f.purpose()));
    row.push_back(IssueText(f));
    row.push_back(absl::StrCat(f.revision(), f.revision_reason() == v1::REVISION_REASON_WITHDRAWN ? " withdrawn" : ""));
    table.Add(std::move(row));
    if (!f.verdict().empty()) verdicts[f.verdict()].push_back(LastPart(f.region()));
    if (!f.audience_notice().empty()) notices.insert(f.audience_notice());
  }
  table.Print(console);
  for (const auto& [verdict, regions] : verdicts) {
    console.out() << absl::StrJoin(regions, ", ") << ": " << console.Warning(verdict) << "\n";
  }
  for (const std::string& notice : notices) console.out() << notice << "\n";
}

void PrintHorizonTable(Console& console, const std::vector<v1::Forecast>& forecasts, double days) {
  Table table({"REGION", "FROM (UTC+8)", "P(M>=3.5)", "P(M>=4)", "P(M>=4.5)", "P(M>=5)", "EVENTS", "95 %", "RUNG"},
              {2, 3, 4, 5, 6, 7});
  for (const v1::Forecast& f : forecasts) {
    const auto catalogue =
        std::find_if(f.catalogue_outlook().horizons().begin(), f.catalogue_outlook().horizons().end(),
                     [days](const v1::HorizonOutlook& horizon) { return horizon.days() == days; });
    const bool expected = catalogue != f.catalogue_outlook().horizons().end();
    const auto stations = std::find_if(
        f.station_horizons().begin(), f.station_horizons().end(),
        [days](const v1::StationHorizon& horizon) { return horizon.days() == days && horizon.answer().answers(); });
    google::protobuf::RepeatedField<double> chances;
    v1::Rung rung = v1::RUNG_CATALOGUE;
    if (days == kWeekDays) {
      for (const v1::Exceedance& e : f.exceedances()) chances.Add(e.probability());
      rung = f.rung();
    } else if (stations != f.station_horizons().end()) {
      chances = stations->exceedance_probabilities();
      rung = stations->answer().rung();
    } else if (expected) {
      chances = catalogue->exceedance_probabilities();
    } else {
      continue;
    }
    std::vector<std::string> row = {LastPart(f.region()), LocalMinute(f.valid_from_time())};
    for (int k = 0; k < kClasses - 1; ++k) row.push_back(k < chances.size() ? Percent(chances[k]) : "");
    row.push_back(expected ? absl::StrFormat("%.3g", catalogue->expected_events()) : "");
    row.push_back(expected ? absl::StrCat(catalogue->expected_events_low(), " to ", catalogue->expected_events_high())
                           : "");
    row.push_back(RungText(rung));
    table.Add(std::move(row));
  }
  table.Print(console);
}

void PrintBulletin(Console& console, const v1::Forecast& f) {
  std::ostream& out = console.out();
  out << console.Bold(absl::StrCat(f.region_title().empty() ? LastPart(f.region()) : f.region_title(), " (",
                                   LastPart(f.region()), ")"))
      << "\n";
  out << (BetweenWeeks(f) ? "  Seven days     " : "  Week           ") << Period(f) << " UTC+8\n";
  if (!f.trigger().empty()) out << "  Issued after   " << f.trigger() << "\n";
  out << "  Issued         " << LocalMinute(f.issue_time()) << ", " << PurposeText(f.purpose()) << ", revision "
      << f.revision() << " (" << ReasonText(f.revision_reason()) << "), inputs end "
      << LocalMinute(f.data_cutoff_time()) << "\n";
  for (const v1::Exceedance& e : f.exceedances()) {
    out << absl::StrFormat("  P(M >= %.1f)    %-6s usual %s, ratio %.2f", e.magnitude(), e.display(),
                           Percent(e.climatology()), e.ratio());
    if (!e.about_one_in().empty()) out << ", " << e.about_one_in();
    if (e.spread_high() > 0)
      out << ", spread of the heads " << Percent(e.spread_low()) << " to " << Percent(e.spread_high());
    if (e.has_change())
      out << absl::StrFormat(", %+.1f points since %s", 100 * e.change(),
                             BetweenWeeks(f) ? "the forecast before" : "last week");
    out << "\n";
  }
  out << "  Status         " << StatusText(f.status()) << "; " << Stations(f) << " stations usable, "
      << Percent(f.coverage().slot_fraction()) << " of the slots\n";
  if (!f.coverage().missing().empty()) {
    std::vector<std::string> missing;
    for (const std::string& station : f.coverage().missing()) missing.push_back(LastPart(station));
    out << "  Missing        " << absl::StrJoin(missing, ", ") << "\n";
  }
  out << "  Model          " << ModelText(f) << "\n";
  PrintLadder(console, f);
  out << "  Verdict        " << console.Warning(f.verdict()) << "\n";
  PrintTrackRecord(console, f.track_record());
  for (const std::string& limitation : f.limitations()) out << "  Note           " << limitation << "\n";
  out << "  Name           " << f.name() << "\n  Input hash     " << f.input_hash() << "\n  " << f.audience_notice()
      << "\n";
}

std::string RevisionLine(const v1::Forecast& f) {
  const std::string event = f.exceedances_size() > 0 ? f.exceedances(0).display() : "?";
  return absl::StrCat(f.sequence(), "  ", LocalMinute(f.issue_time()), "  ", LastPart(f.region()),
                      f.trigger().empty() ? "" : absl::StrCat("  after ", f.trigger()),
                      BetweenWeeks(f) ? "  seven days from " : "  week ", LocalMinute(f.valid_from_time()),
                      "  revision ", f.revision(), " (", ReasonText(f.revision_reason()), ")  P(M>=3.5) ", event, "  ",
                      StatusText(f.status()), "  ", PurposeText(f.purpose()));
}

}  // namespace tremorcast::cli
