#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <nlohmann/json.hpp>

#include "core/base/time_grid.h"
#include "core/readers/csv_records.h"
#include "trainer/evaluate/report/report_text.h"

namespace tremorcast {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const OverSeeds& s) { return {{"mean", s.mean}, {"sd", s.sd}, {"seeds", s.seeds}}; }

Json ToJson(const NamedMetrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = ToJson(value);
  return json;
}

Json ToJson(const std::optional<MeanInterval>& interval) {
  if (!interval) return nullptr;
  return {{"mean", interval->mean},
          {"low", interval->low},
          {"high", interval->high},
          {"weeks", interval->weeks},
          {"block_weeks", interval->block_weeks}};
}

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ToJson(const MethodRow& row) {
  Json json = {{"table", row.table}, {"name", row.name}, {"parameters", row.parameters}, {"chosen", row.chosen}};
  if (row.paper) {
    json["paper"] = {{"accuracy", row.paper->accuracy}, {"recall", row.paper->recall}, {"f1", row.paper->f1}};
  }
  json["balanced"] = ToJson(row.balanced);
  json["calibrated"] = ToJson(row.calibrated);
  json["log_score"] = ToJson(row.log_score);
  json["brier"] = ToJson(row.brier);
  json["rps"] = ToJson(row.rps);
  json["gain"] = ToJson(row.gain);
  json["gain_interval"] = ToJson(row.gain_interval);
  json["gain_over_catalogue"] = ToJson(row.gain_over_catalogue);
  json["gain_before_pool"] = ToJson(row.gain_before_pool);
  json["pool_weight"] = ToJson(row.pool_weight);
  json["seconds"] = ToJson(row.seconds);
  return json;
}

Json ToJson(const PlaceboRow& row) {
  return {{"number", row.number},
          {"name", row.name},
          {"question", row.question},
          {"outcome", std::string(PlaceboOutcomeName(row.outcome))},
          {"runs", row.runs},
          {"metrics", ToJson(row.metrics)},
          {"gain", ToJson(row.gain)},
          {"gain_over_twin", ToJson(row.gain_over_twin)},
          {"model_gain", ToJson(row.model_gain)},
          {"level", OrNull(row.level)},
          {"area_roc", OrNull(row.area_roc)},
          {"p_value", OrNull(row.p_value)},
          {"comment", row.comment}};
}

Json ToJson(const ArtifactVerdict& artifact) {
  return {{"seed", artifact.seed},
          {"pool_weight", artifact.pool_weight},
          {"gain_over_climatology", ToJson(artifact.gain_over_climatology)},
          {"gain_over_twin", ToJson(artifact.gain_over_twin)},
          {"gain_over_catalogue", ToJson(artifact.gain_over_catalogue)},
          {"gain_over_catalogue_rung", ToJson(artifact.gain_over_catalogue_rung)},
          {"demonstrated_skill", artifact.demonstrated_skill},
          {"verdict", artifact.sentence}};
}

Json ToJson(const SliceFacts& slice) {
  Json json = {{"name", slice.name}, {"rows", slice.rows}, {"issues", slice.issues}};
  if (slice.first) json["first"] = FormatUtc(*slice.first);
  if (slice.last) json["last"] = FormatUtc(*slice.last);
  json["class_counts"] = slice.class_counts;
  json["missing_fraction"] = slice.missing_fraction;
  return json;
}

Json ToJson(const ConfusionMatrix& matrix) {
  Json rows = Json::array();
  for (int t = 0; t < matrix.classes(); ++t) {
    Json row = Json::array();
    for (int p = 0; p < matrix.classes(); ++p) row.push_back(matrix.count(t, p));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json ToJson(const Reliability& r) {
  Json pieces = Json::array();
  for (const ReliabilityPiece& piece : r.pieces) {
    pieces.push_back({{"forecast_low", piece.forecast_low},
                      {"forecast_high", piece.forecast_high},
                      {"observed_frequency", piece.observed_frequency},
                      {"count", piece.count},
                      {"events", piece.events}});
  }
  return {{"brier", r.brier},
          {"miscalibration", r.miscalibration},
          {"discrimination", r.discrimination},
          {"uncertainty", r.uncertainty},
          {"pieces", std::move(pieces)}};
}

Json ToJson(const EventDiagrams& d) {
  Json roc = Json::array(), molchan = Json::array();
  for (const RocPoint& p : d.roc.points) roc.push_back({p.false_alarm_rate, p.hit_rate});
  for (const MolchanPoint& p : d.molchan.points) molchan.push_back({p.alarm_fraction, p.miss_rate});
  return {{"base_rate", d.base_rate},
          {"reliability_before", ToJson(d.before)},
          {"reliability_after", ToJson(d.after)},
          {"roc_area", d.roc.area},
          {"roc", std::move(roc)},
          {"molchan_area_skill_trapezoid", d.molchan.area_skill_trapezoid},
          {"molchan_area_skill_step", d.molchan.area_skill_step},
          {"molchan", std::move(molchan)}};
}

Json ToJson(const std::vector<GainPart>& parts) {
  Json json = Json::array();
  for (const GainPart& part : parts) {
    json.push_back({{"name", part.name},
                    {"rows", part.rows},
                    {"event_rows", part.event_rows},
                    {"gain", ToJson(part.interval)},
                    {"adjusted_p", OrNull(part.adjusted_p)},
                    {"comment", part.comment}});
  }
  return json;
}

Json ToJson(const VariantRow& row) {
  return {{"experiment", row.experiment},   {"setting", row.setting},   {"test_rows", row.test_rows},
          {"metrics", ToJson(row.metrics)}, {"gain", ToJson(row.gain)}, {"pool_weight", row.pool_weight}};
}

Json ToJson(const ReportCurve& curve) {
  return {{"name", curve.name},
          {"train_loss", curve.train_loss},
          {"validation_loss", curve.validation_loss},
          {"best_epoch", curve.best_epoch}};
}

template <typename T>
Json ListOf(const std::vector<T>& values) {
  Json json = Json::array();
  for (const T& value : values) json.push_back(ToJson(value));
  return json;
}

std::string Number(double x) { return absl::StrFormat("%.10g", x); }

using CsvLine = std::vector<std::string>;

void AppendInterval(const std::optional<MeanInterval>& interval, CsvLine& line) {
  for (double MeanInterval::*part : {&MeanInterval::mean, &MeanInterval::low, &MeanInterval::high}) {
    line.push_back(interval ? Number((*interval).*part) : "");
  }
}

void AppendMetrics(const NamedMetrics& metrics, CsvLine& line) {
  for (const auto& [name, value] : metrics) {
    line.push_back(Number(value.mean));
    line.push_back(Number(value.sd));
  }
}

void AppendEmpty(size_t fields, CsvLine& line) { line.insert(line.end(), fields, ""); }

CsvLine CsvHeader(const std::vector<std::string>& metrics) {
  CsvLine header = {"table", "name", "answer", "parameters", "seeds"};
  for (const std::string& metric : metrics) {
    header.push_back(metric);
    header.push_back(absl::StrCat(metric, "_sd"));
  }
  for (const char* column :
       {"log_score", "brier", "rps", "gain", "gain_low", "gain_high", "gain_over_catalogue", "gain_before_pool",
        "gain_before_pool_low", "gain_before_pool_high", "pool_weight", "paper_accuracy", "paper_recall", "paper_f1"}) {
    header.emplace_back(column);
  }
  return header;
}

CsvLine CsvOf(const MethodRow& row, bool balanced) {
  CsvLine line = {CsvField(row.table), CsvField(row.name), balanced ? "balanced" : "calibrated",
                  absl::StrCat(row.parameters), absl::StrCat(row.gain.seeds)};
  AppendMetrics(balanced ? row.balanced : row.calibrated, line);
  // Proper scores are of what would be issued: the balanced answer has none.
  if (balanced) {
    AppendEmpty(11, line);
  } else {
    for (double x : {row.log_score.mean, row.brier.mean, row.rps.mean, row.gain.mean}) line.push_back(Number(x));
    line.push_back(row.gain_interval ? Number(row.gain_interval->low) : "");
    line.push_back(row.gain_interval ? Number(row.gain_interval->high) : "");
    line.push_back(row.gain_over_catalogue ? Number(row.gain_over_catalogue->mean) : "");
    AppendInterval(row.gain_before_pool, line);
    line.push_back(Number(row.pool_weight.mean));
  }
  for (const auto field : {&PaperFigures::accuracy, &PaperFigures::recall, &PaperFigures::f1}) {
    line.push_back(row.paper ? Number((*row.paper).*field) : "");
  }
  return line;
}

CsvLine CsvOf(const VariantRow& row, size_t metrics) {
  CsvLine line = {CsvField(row.experiment), CsvField(row.setting), "calibrated", "", ""};
  AppendMetrics(row.metrics, line);
  if (row.metrics.empty()) AppendEmpty(2 * metrics, line);
  AppendEmpty(7, line);  // what is only said of what would be issued
  AppendInterval(row.gain, line);
  line.push_back(row.gain ? Number(row.pool_weight) : "");
  AppendEmpty(3, line);
  return line;
}

}  // namespace

std::string ReportToJson(const EvaluationReport& report) {
  Json json = {{"title", report.title},
               {"verdict", report.verdict},
               {"demonstrated_skill", report.demonstrated_skill},
               {"ordered_in_time", report.ordered_in_time},
               {"simulated", report.simulated},
               {"command", report.command},
               {"git_revision", report.git_revision},
               {"runtime", report.runtime},
               {"data_source", report.data_source},
               {"data_hash", report.data_hash},
               {"plan_hash", report.plan_hash},
               {"created_at", FormatUtc(report.created_at)},
               {"took_seconds", absl::ToDoubleSeconds(report.took)},
               {"seeds", report.seeds},
               {"first_seed", report.first_seed},
               {"class_names", report.class_names},
               {"regions", report.regions},
               {"channels", report.channels},
               {"steps", report.steps}};
  json["artifacts"] = ListOf(report.artifacts);
  json["slices"] = ListOf(report.slices);
  json["rows"] = ListOf(report.rows);
  json["proposed"] = report.proposed;
  json["placebos"] = ListOf(report.placebos);
  json["curves"] = ListOf(report.curves);
  if (report.balanced_confusion) json["balanced_confusion"] = ToJson(*report.balanced_confusion);
  if (report.calibrated_confusion) json["calibrated_confusion"] = ToJson(*report.calibrated_confusion);
  if (report.event_diagrams) json["event_diagrams"] = ToJson(*report.event_diagrams);
  json["by_region"] = ToJson(report.by_region);
  json["by_class"] = ToJson(report.by_class);
  json["event_scores"] = Json::array();
  for (const NamedScore& score : report.event_scores) {
    json["event_scores"].push_back({{"name", score.name}, {"value", score.value}, {"comment", score.comment}});
  }
  json["shift_p_value"] = OrNull(report.shift_p_value);
  json["detectable_gain"] = OrNull(report.detectable_gain);
  json["variants"] = ListOf(report.variants);
  json["published"] = report.published;
  json["caveats"] = report.caveats;
  // Names come from files of others and may not be UTF-8.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string ReportToCsv(const EvaluationReport& report) {
  std::vector<std::string> metrics;
  for (const MethodRow& row : report.rows) {
    if (!metrics.empty()) break;
    for (const auto& [name, value] : row.calibrated) metrics.push_back(name);
  }
  std::string csv;
  const auto append = [&csv](const CsvLine& line) { absl::StrAppend(&csv, absl::StrJoin(line, ","), "\r\n"); };
  append(CsvHeader(metrics));
  for (const MethodRow& row : report.rows) {
    if (!row.balanced.empty()) append(CsvOf(row, /*balanced=*/true));
    if (!row.calibrated.empty()) append(CsvOf(row, /*balanced=*/false));
  }
  for (const VariantRow& row : report.variants) append(CsvOf(row, metrics.size()));
  return csv;
}

}  // namespace tremorcast
