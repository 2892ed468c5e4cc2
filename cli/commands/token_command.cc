// tremorcast token create

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <ostream>
#include <sys/random.h>
#include <unistd.h>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "core/base/digest.h"
#include "core/base/status_macros.h"
#include "core/base/time_grid.h"
#include "core/operation/access_list.h"

namespace tremorcast::cli {
namespace {

// A new file that its owner alone can read.
bool WriteSecret(Console& console, const std::string& path, const std::string& line) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int fault = errno;
  if (file >= 0 && ::close(file) == 0 && written) return true;
  console.err() << "tremorcast token create: cannot write " << path << ": " << std::strerror(fault) << "\n";
  return false;
}

class TokenCreateCommand final : public Command {
 public:
  std::vector<Flag> Flags() override {
    return {
        {"--name", "of the principal; the log and the ledger of promotions show it", &name_, true, {}},
        {"--role", "reader, writer or admin; several with commas", &role_, true, {}},
        {"--stations", "of a writer: ids with commas; area4-* is all that begin so, * is all", &stations_, false, {}},
        {"--until", "of no use from then on: 2027-03-01 (UTC+8) or 2027-03-01T00:00:00Z", &until_, false, {}},
        {"--out",
         "write the token to this new file, which only you can read, and print the line alone",
         &out_,
         false,
         {}},
        {"--json", "print the line, and the token unless --out takes it, as JSON", &json_, false, {}}};
  }

  ExitCode Run(CommandContext& context) override {
    Console& console = context.console;
    Principal principal;
    if (absl::Status read = Read(&principal); !read.ok()) {
      console.err() << "tremorcast token create: " << read.message() << "\n";
      return ExitCode::kUsage;
    }
    std::string random(kTokenRandomBytes, '\0');
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
      console.err() << "tremorcast token create: the system gives no random bytes\n";
      return ExitCode::kFailed;
    }
    const std::string token = MakeToken(random);
    principal.token_id = TokenId(token);
    principal.token_hash = Sha256Hex(token);
    if (!out_.empty() && !WriteSecret(console, out_, absl::StrCat(token, "\n"))) return ExitCode::kFailed;
    if (json_) {
      nlohmann::ordered_json json = {{"name", name_}, {"line", PrincipalLine(principal)}};
      if (out_.empty()) json["token"] = token;
      console.out() << json.dump() << "\n";
      return ExitCode::kOk;
    }
    if (!out_.empty()) {
      console.out() << PrincipalLine(principal) << "\n";
      return ExitCode::kOk;
    }
    console.out() << "The token, shown this once. Give it to the client, in a file that only the client can read:\n\n"
                  << token << "\n\nThe line for the server's --access-file. It holds no secret:\n\n"
                  << PrincipalLine(principal) << "\n";
    return ExitCode::kOk;
  }

 private:
  absl::Status Read(Principal* principal) const {
    principal->name = name_;
    ASSIGN_OR_RETURN(principal->roles, ParseRoles(role_));
    if (!stations_.empty()) {
      ASSIGN_OR_RETURN(principal->stations, ParseStations(stations_));
    }
    if (!until_.empty()) {
      ASSIGN_OR_RETURN(principal->until, ParseTime(until_));
      if (principal->until <= absl::Now()) return absl::InvalidArgumentError("--until is over already");
    }
    return ValidatePrincipal(*principal);
  }

  std::string name_, role_, stations_, until_, out_;
  bool json_ = false;
};

}  // namespace

CommandSpec TokenCreateSpec() {
  return {
      "token create",
      "Make a token for a client and the line that lets it in",
      "Asks no server. The server knows the token once the line is in its access file, and forgets it when the line "
      "is gone; it needs no restart. The client gives the token with --token-file.",
      {"tremorcast token create --name relay-a --role writer --stations s1,s2",
       "tremorcast token create --name desk --role reader --until 2027-03-01 --out desk.token >> "
       "/etc/tremorcast/access"},
      [] { return std::make_unique<TokenCreateCommand>(); }};
}

}  // namespace tremorcast::cli
