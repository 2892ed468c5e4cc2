#pragma once

// The yardstick: the same rows as one COPY BINARY through libpq into the same partition, in one
// transaction. The buffer is encoded beforehand, so that nothing but the database is measured.

#include <string>

#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/simulator/simulator.h"

struct pg_conn;

namespace tremorcast::bench {

// Rows of one station, as the columns slot, received_at, signal, delivery, station, source, values.
void AppendCopyRows(const StationId& station, absl::Span<const SimulatedRow> rows, absl::Time received_at,
                    std::string* out);
std::string CopyHeader();
std::string CopyTrailer();

// A plain connection that ends the program on any error.
class Sql {
 public:
  explicit Sql(const std::string& conninfo);
  ~Sql();
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  // The first value of the last statement's answer, or "".
  std::string Run(const std::string& statement);
  void Copy(const std::string& table, const std::string& buffer);

 private:
  pg_conn* connection_;
};

}  // namespace tremorcast::bench
