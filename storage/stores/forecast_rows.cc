#include "storage/stores/forecast_rows.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

namespace tremorcast {
namespace {

// The description: Describe(row, column) calls column(name, field) for each column in the order of
// the statements, with several names where a field is spread over several columns. How a field is
// written and read follows from its type: ColumnWriter and ColumnReader have a function for each.
// `Row` is const where values are written and not where they are read.

template <typename Row, typename Type>
concept RowOf = std::is_same_v<std::remove_const_t<Row>, Type>;

template <RowOf<Forecast> Row, typename Column>
void Describe(Row& f, Column& column) {
  column("region", f.region);
  column("valid_from", f.valid_from);
  column("purpose", f.purpose);
  column("revision", f.revision);
  column("forecast_id", f.id);
  column("supersedes", f.supersedes);
  column("reason", f.reason);
  column("status", f.status);
  column("sequence", f.sequence);
  column("region_title", f.region_title);
  column("polygon_latitudes_deg, polygon_longitudes_deg", f.region_polygon);
  column("issued_at", f.issued_at);
  column("data_cutoff", f.data_cutoff);
  column("valid_to", f.valid_to);
  column("expires_at", f.expires_at);
  column("next_issue", f.next_issue);
  column("scored", f.scored);
  column("probabilities", f.probabilities);
  column("climatology", f.climatology);
  column("spread_low", f.spread_low);
  column("spread_high", f.spread_high);
  column("magnitude_edges", f.magnitude_edges);
  column("change_since_last", f.change_since_last);
  column("model_used", f.model_used);
  column("model_probabilities", f.model_probabilities);
  column("pool_weight", f.pool_weight);
  column("demonstrated_skill", f.demonstrated_skill);
  column("model_version", f.model.version);
  column("weights_sha256", f.model.weights_sha256);
  column("training_from", f.model.training_period.begin);
  column("training_to", f.model.training_period.end);
  column("calibration", f.calibration);
  column("runtime", f.runtime);
  column("git_revision", f.model.git_revision);
  column("stations_enrolled", f.stations_enrolled);
  column("stations_usable", f.stations_usable);
  column("input_hash", f.input_hash);
  column("catalogue_snapshot", f.catalogue_snapshot);
  column("verdict", f.verdict);
  column("limitations", f.limitations);
  column("set_aside_model", f.set_aside_model);
  column("issue", f.issue);
  column("trigger_event", f.trigger);
}

template <RowOf<StationRow> Row, typename Column>
void Describe(Row& row, Column& column) {
  column("region", row.region);
  column("forecast_id", row.forecast_id);
  column("ordinal", row.ordinal);
  column("station", row.station.station);
  column("usable", row.station.usable);
  column("slot_fraction", row.station.slot_fraction);
  column("window_station, window_start, window_revision", row.station.window);
  column("drift_flags", row.station.drift_flags);
}

// All of it but the rung.
template <RowOf<RungAnswer> Answer, typename Column>
void DescribeAnswer(Answer& answer, Column& column) {
  column("model_version", answer.model.version);
  column("weights_sha256", answer.model.weights_sha256);
  column("training_from", answer.model.training_period.begin);
  column("training_to", answer.model.training_period.end);
  column("git_revision", answer.model.git_revision);
  column("probabilities", answer.probabilities);
  column("before_pool", answer.before_pool);
  column("pool_weight", answer.pool_weight);
  column("demonstrated_skill", answer.demonstrated_skill);
  column("answers", answer.answers);
  column("verdict", answer.verdict);
  column("runtime", answer.runtime);
}

template <RowOf<RungRow> Row, typename Column>
void Describe(Row& row, Column& column) {
  column("region", row.region);
  column("forecast_id", row.forecast_id);
  column("rung", row.answer.rung);
  DescribeAnswer(row.answer, column);
}

template <RowOf<StationHorizonRow> Row, typename Column>
void Describe(Row& row, Column& column) {
  column("region", row.region);
  column("forecast_id", row.forecast_id);
  column("horizon_days", row.horizon.days);
  column("climatology", row.horizon.climatology);
  DescribeAnswer(row.horizon.answer, column);
}

template <RowOf<OutlookRow> Row, typename Column>
void Describe(Row& row, Column& column) {
  column("region", row.region);
  column("forecast_id", row.forecast_id);
  column("horizon_days", row.horizon.days);
  column("probabilities", row.horizon.probabilities);
  column("expected", row.horizon.expected);
  column("expected_low", row.horizon.expected_low);
  column("expected_high", row.horizon.expected_high);
  column("catalogues", row.horizon.catalogues);
  column("completeness", row.outlook.completeness);
  column("known_at", row.outlook.known_at);
  column("complete_until", row.outlook.complete_until);
  column("last_event", row.outlook.last_event);
  column("sources", row.outlook.sources);
}

template <RowOf<Verification> Row, typename Column>
void Describe(Row& v, Column& column) {
  column("region", v.region);
  column("forecast_id", v.forecast_id);
  column("revision", v.revision);
  column("reason", v.reason);
  column("replaced_class, replaced_magnitude, replaced_events", v.replaced);
  column("valid_from", v.valid_from);
  column("purpose", v.purpose);
  column("verified_at", v.verified_at);
  column("observed_class", v.observed_class);
  column("largest_magnitude", v.largest_magnitude);
  column("events", v.events);
  column("catalogue_snapshot", v.catalogue_snapshot);
  column("probabilities", v.probabilities);
  column("climatology", v.climatology);
  column("model_used", v.model_used);
  column("model_version", v.model_version);
  column("log_score", v.log_score);
  column("information_gain", v.information_gain);
  column("observed_class_after_issue", v.observed_class_after_issue);
  column("information_gain_after_issue", v.information_gain_after_issue);
  column("issue", v.issue);
}

template <RowOf<ShadowForecast> Row, typename Column>
void Describe(Row& s, Column& column) {
  column("region", s.region);
  column("forecast_id", s.forecast_id);
  column("model_version", s.model_version);
  column("valid_from", s.valid_from);
  column("purpose", s.purpose);
  column("answered_at", s.answered_at);
  column("probabilities", s.probabilities);
  column("pool_weight", s.pool_weight);
  column("served", s.served);
  column("weights_sha256", s.weights_sha256);
  column("runtime", s.runtime);
  column("input_hash", s.input_hash);
}

template <typename Row>
constexpr const char* kName = nullptr;
template <>
constexpr const char* kName<Forecast> = "forecasts";
template <>
constexpr const char* kName<StationRow> = "forecast_windows";
template <>
constexpr const char* kName<RungRow> = "forecast_rungs";
template <>
constexpr const char* kName<OutlookRow> = "forecast_outlooks";
template <>
constexpr const char* kName<StationHorizonRow> = "forecast_station_horizons";
template <>
constexpr const char* kName<Verification> = "verifications";
template <>
constexpr const char* kName<ShadowForecast> = "shadow_forecasts";

struct ColumnNames {
  template <typename Field>
  void operator()(const char* name, const Field&) {
    names.push_back(name);
  }

  std::vector<const char*> names;
};

struct ColumnWriter {
  template <typename Field>
  void operator()(const char*, const Field& field) {
    Write(field);
  }

  void Write(const std::string& value) { params.Text(value); }
  template <typename Tag>
  void Write(const Id<Tag>& id) {
    params.Text(id.value());
  }
  void Write(bool value) { params.Bool(value); }
  void Write(int value) { params.Int(value); }
  void Write(int64_t value) { params.Int(value); }
  void Write(double value) { params.Double(value); }
  void Write(absl::Time value) { params.Time(value); }
  template <size_t N>
  void Write(const std::array<double, N>& values) {
    params.Doubles(values);
  }
  void Write(const std::vector<std::string>& values) { params.Texts(values); }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Write(Enum value) { params.Int(static_cast<int>(value)); }
  template <typename Value>
  void Write(const std::optional<Value>& value) {
    if (value.has_value()) {
      Write(*value);
    } else {
      params.Null();
    }
  }

  void Write(const std::vector<GeoPoint>& polygon) {
    std::vector<double> latitudes, longitudes;
    for (const GeoPoint& point : polygon) {
      latitudes.push_back(point.latitude_deg);
      longitudes.push_back(point.longitude_deg);
    }
    params.Doubles(latitudes).Doubles(longitudes);
  }
  void Write(const std::optional<WindowKey>& key) {
    if (key.has_value()) {
      params.Text(key->station.value()).Time(key->start).Int(key->revision);
    } else {
      params.Null().Null().Null();
    }
  }
  void Write(const std::optional<ObservedWeek>& week) {
    if (week.has_value()) {
      params.Int(week->magnitude_class).OptionalDouble(week->largest_magnitude).Int(week->events);
    } else {
      params.Null().Null().Null();
    }
  }

  SqlParams params;
};

class ColumnReader {
 public:
  explicit ColumnReader(SqlRow row) : row_(std::move(row)) {}

  template <typename Field>
  void operator()(const char*, Field& field) {
    Read(field);
  }

 private:
  void Read(std::string& value) { value = row_.Text(); }
  template <typename Tag>
  void Read(Id<Tag>& id) {
    id = Id<Tag>(row_.Text());
  }
  void Read(bool& value) { value = row_.Bool(); }
  void Read(int& value) { value = row_.Int32(); }
  void Read(int64_t& value) { value = row_.Int(); }
  void Read(double& value) { value = row_.Double(); }
  void Read(absl::Time& value) { value = row_.Time(); }
  template <size_t N>
  void Read(std::array<double, N>& values) {
    values = row_.Array<N>();
  }
  void Read(std::vector<std::string>& values) { values = row_.Texts(); }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Read(Enum& value) { value = static_cast<Enum>(row_.Int()); }
  template <typename Value>
  void Read(std::optional<Value>& value) {
    if (!row_.SkipNull()) Read(value.emplace());
  }

  void Read(std::vector<GeoPoint>& polygon) {
    const std::vector<double> latitudes = row_.Doubles(), longitudes = row_.Doubles();
    for (size_t k = 0; k < latitudes.size() && k < longitudes.size(); ++k) {
      polygon.push_back({latitudes[k], longitudes[k]});
    }
  }
  void Read(std::optional<WindowKey>& key) {
    if (row_.SkipNull()) {
      row_.Skip(2);
      return;
    }
    key.emplace();
    Read(key->station);
    Read(key->start);
    Read(key->revision);
  }
  void Read(std::optional<ObservedWeek>& week) {
    if (row_.SkipNull()) {
      row_.Skip(2);
      return;
    }
    week.emplace();
    Read(week->magnitude_class);
    Read(week->largest_magnitude);
    Read(week->events);
  }

  SqlRow row_;
};

}  // namespace

template <typename Row>
std::string ArchiveTable<Row>::Columns() {
  const Row row;
  ColumnNames columns;
  Describe(row, columns);
  return absl::StrJoin(columns.names, ", ");
}

template <typename Row>
std::string ArchiveTable<Row>::Select() {
  return absl::StrCat("SELECT ", Columns(), " FROM ", kName<Row>);
}

template <typename Row>
std::string ArchiveTable<Row>::Insert() {
  const std::string columns = Columns();
  std::string placeholders = "$1";
  for (int n = 2; n <= std::count(columns.begin(), columns.end(), ',') + 1; ++n) {
    absl::StrAppend(&placeholders, ", $", n);
  }
  return absl::StrCat("INSERT INTO ", kName<Row>, " (", columns, ") VALUES (", placeholders, ")");
}

template <typename Row>
SqlParams ArchiveTable<Row>::Params(const Row& row) {
  ColumnWriter writer;
  Describe(row, writer);
  return std::move(writer.params);
}

template <typename Row>
Row ArchiveTable<Row>::Read(SqlRow columns) {
  Row row;
  ColumnReader reader(std::move(columns));
  Describe(row, reader);
  return row;
}

template struct ArchiveTable<Forecast>;
template struct ArchiveTable<StationRow>;
template struct ArchiveTable<RungRow>;
template struct ArchiveTable<OutlookRow>;
template struct ArchiveTable<StationHorizonRow>;
template struct ArchiveTable<Verification>;
template struct ArchiveTable<ShadowForecast>;

}  // namespace tremorcast
