#include "tests/bench/raw_copy.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include <absl/strings/str_cat.h>
#include <libpq-fe.h>

#include "tests/bench/bench_support.h"

namespace tremorcast::bench {
namespace {

constexpr int kPiece = 256 * 1024;
constexpr uint32_t kFloat4Type = 700;
constexpr int64_t kPostgresEpoch = 946684800;  // 2000-01-01 in Unix seconds

template <typename T>
void Put(T value, std::string* out) {
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8)
    out->push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
}

void PutText(const std::string& text, std::string* out) {
  Put(static_cast<uint32_t>(text.size()), out);
  *out += text;
}

void PutTime(absl::Time time, std::string* out) {
  Put(uint32_t{8}, out);
  Put(absl::ToUnixMicros(time) - kPostgresEpoch * 1'000'000, out);
}

void PutInt16(int value, std::string* out) {
  Put(uint32_t{2}, out);
  Put(static_cast<int16_t>(value), out);
}

}  // namespace

std::string CopyHeader() { return std::string("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19); }
std::string CopyTrailer() { return "\377\377"; }

void AppendCopyRows(const StationId& station, absl::Span<const SimulatedRow> rows, absl::Time received_at,
                    std::string* out) {
  for (const SimulatedRow& row : rows) {
    Put(int16_t{7}, out);
    PutTime(row.slot.start(), out);
    PutTime(received_at, out);
    PutInt16(static_cast<int>(row.signal), out);
    PutInt16(2, out);  // backfill
    PutText(station.value(), out);
    PutText("bench", out);
    Put(static_cast<uint32_t>(20 + 8 * row.values.size()), out);
    Put(uint32_t{1}, out);  // dimensions
    Put(uint32_t{0}, out);  // no nulls
    Put(kFloat4Type, out);
    Put(static_cast<uint32_t>(row.values.size()), out);
    Put(uint32_t{1}, out);  // lower bound
    for (const float value : row.values) {
      Put(uint32_t{4}, out);
      Put(std::bit_cast<uint32_t>(value), out);
    }
  }
}

Sql::Sql(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
  Require(PQstatus(connection_) == CONNECTION_OK, PQerrorMessage(connection_));
}

Sql::~Sql() { PQfinish(connection_); }

std::string Sql::Run(const std::string& statement) {
  PGresult* result = PQexec(connection_, statement.c_str());
  const ExecStatusType status = PQresultStatus(result);
  Require(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK,
          absl::StrCat(statement, ": ", PQerrorMessage(connection_)));
  const std::string value = PQntuples(result) > 0 && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  PQclear(result);
  return value;
}

void Sql::Copy(const std::string& table, const std::string& buffer) {
  PQclear(PQexec(connection_, "BEGIN"));
  PGresult* begun = PQexec(connection_, absl::StrCat("COPY ", table,
                                                     " (slot, received_at, signal, delivery, station, source, values) "
                                                     "FROM STDIN (FORMAT binary)")
                                            .c_str());
  Require(PQresultStatus(begun) == PGRES_COPY_IN, PQerrorMessage(connection_));
  PQclear(begun);
  for (size_t at = 0; at < buffer.size(); at += kPiece) {
    const int size = static_cast<int>(std::min<size_t>(kPiece, buffer.size() - at));
    Require(PQputCopyData(connection_, buffer.data() + at, size) == 1, PQerrorMessage(connection_));
  }
  Require(PQputCopyEnd(connection_, nullptr) == 1, PQerrorMessage(connection_));
  while (PGresult* result = PQgetResult(connection_)) {
    Require(PQresultStatus(result) == PGRES_COMMAND_OK, PQerrorMessage(connection_));
    PQclear(result);
  }
  Run("COMMIT");
}

}  // namespace tremorcast::bench
