#include "command_line/database_flags.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "command_line/flag_values.h"
#include "storage/postgres/pg_status.h"

namespace tremorcast {
namespace {

constexpr char kVariable[] = "TREMORCAST_DATABASE";

}  // namespace

void DatabaseFlags::AddTo(CLI::App& app) {
  app.add_option_function<std::string>(
      "--database",
      [this](const std::string& text) {
        if (const absl::Status refused = RefuseSecrets("--database", text); !refused.ok()) {
          throw CLI::ValidationError(std::string(refused.message()));
        }
        typed_ = text;
      },
      "PostgreSQL connection string without a password: every user of the machine can read it here. Of several hosts "
      "the one that takes writes is found, also after a failover");
  app.add_option("--database-file", file_,
                 absl::StrCat("File with the connection string (else the variable ", kVariable, ")"));
}

absl::StatusOr<std::string> DatabaseFlags::Read() const {
  return ReadFlagValue({"--database", typed_, "--database-file", file_, EnvironmentVariable(kVariable)});
}

std::string WithoutDatabase(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--database" && i + 1 < words.size()) words[++i] = "...";
    if (absl::StartsWith(words[i], "--database=")) words[i] = "--database=...";
  }
  return absl::StrJoin(words, " ");
}

}  // namespace tremorcast
