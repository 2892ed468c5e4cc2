#include "cli/cli.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <type_traits>
#include <utility>
#include <variant>

#include <CLI/CLI.hpp>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "cli/commands/command.h"
#include "command_line/arguments.h"
#include "command_line/flag_values.h"
#include "command_line/suggestion.h"
#include "core/base/status_macros.h"

namespace tremorcast::cli {
namespace {

constexpr char kDefaultServer[] = "127.0.0.1:50051";
constexpr char kExitCodes[] =
    "Exit codes: 0 done; 1 failed; 2 wrong usage; 3 the server cannot be reached; 4 done, but some rows, events or\n"
    "lines were rejected or are in conflict.\n";

// Wraps the words at 100 columns and indents every line.
std::string Wrapped(const std::string& text, size_t indent) {
  constexpr size_t kWidth = 100;
  std::string out(indent, ' ');
  size_t column = indent;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const size_t length = end - at;
    if (column > indent && column + 1 + length > kWidth) {
      absl::StrAppend(&out, "\n", std::string(indent, ' '));
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out.append(text, at, length);
    column += length;
    at = end + 1;
  }
  return out;
}

bool IsPositional(const Flag& flag) { return flag.name[0] != '-'; }

std::string ValueName(const Flag& flag) {
  if (std::holds_alternative<bool*>(flag.target)) return "";
  if (!flag.choices.empty()) return absl::StrCat(" ", absl::StrJoin(flag.choices, "|"));
  if (std::holds_alternative<int64_t*>(flag.target) || std::holds_alternative<double*>(flag.target)) return " N";
  return " VALUE";
}

std::string DefaultText(const Flag& flag) {
  if (const auto* number = std::get_if<int64_t*>(&flag.target))
    return **number < 0 ? "" : absl::StrCat(" (default ", **number, ")");
  if (const auto* number = std::get_if<double*>(&flag.target)) return absl::StrCat(" (default ", **number, ")");
  const auto* text = std::get_if<std::string*>(&flag.target);
  return text == nullptr || (*text)->empty() ? "" : absl::StrCat(" (default ", **text, ")");
}

void PrintCommandHelp(Console& console, const CommandSpec& spec, const std::vector<Flag>& flags) {
  std::ostream& out = console.out();
  out << "Usage: tremorcast " << spec.path;
  for (const Flag& flag : flags) {
    if (!IsPositional(flag) && flag.required) out << " " << flag.name << ValueName(flag);
  }
  out << " [FLAG...]";
  for (const Flag& flag : flags) {
    if (IsPositional(flag))
      out << " " << flag.name << (std::holds_alternative<std::vector<std::string>*>(flag.target) ? "..." : "");
  }
  out << "\n\n" << Wrapped(spec.summary + ".", 0) << "\n";
  if (!spec.detail.empty()) out << "\n" << Wrapped(spec.detail, 0) << "\n";
  out << "\n";
  for (const Flag& flag : flags) {
    out << "  " << console.Bold(absl::StrCat(flag.name, IsPositional(flag) ? "" : ValueName(flag))) << "\n"
        << Wrapped(absl::StrCat(flag.help, DefaultText(flag)), 6) << "\n";
  }
  out << "\nThe connection, the same for every command:\n";
  for (const ConnectionFlag& flag : ConnectionFlags()) {
    const bool server = flag.target == &ConnectionOptions::server;
    out << "  " << console.Bold(absl::StrCat(flag.name, " ", flag.value_name)) << "\n"
        << Wrapped(absl::StrCat(flag.help, " (default ", flag.variable,
                                server ? absl::StrCat(", else ", kDefaultServer) : "", ")"),
                   6)
        << "\n";
  }
  out << "\nExamples:\n";
  for (const std::string& example : spec.examples) out << "  " << example << "\n";
  out << "\n" << kExitCodes;
}

void PrintHelp(Console& console) {
  std::ostream& out = console.out();
  out << "tremorcast: the client of a Tremorcast server\n\nUsage: tremorcast [--server HOST:PORT] COMMAND "
         "[FLAG...]\n\n";
  size_t width = 0;
  for (const CommandSpec& spec : AllCommands()) width = std::max(width, spec.path.size());
  for (const CommandSpec& spec : AllCommands()) {
    out << "  " << console.Bold(spec.path) << std::string(width - spec.path.size() + 2, ' ') << spec.summary << "\n";
  }
  out << "\n'tremorcast COMMAND --help' shows flags and examples. --version prints the version.\n"
      << "The server is --server, else TREMORCAST_SERVER, else " << kDefaultServer
      << ".\nWith --tls-ca it is reached by TLS; --tls-cert and --tls-key, or --token-file, show who you are. "
         "NO_COLOR\n"
         "switches colours off.\n\n"
      << kExitCodes;
}

// The command that the words name, and how many words that took.
const CommandSpec* FindCommand(const std::vector<std::string>& words, size_t& taken) {
  for (size_t n : {2U, 1U}) {
    if (words.size() < n) continue;
    const std::string path = absl::StrJoin(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(n), " ");
    for (const CommandSpec& spec : AllCommands()) {
      if (spec.path == path) {
        taken = n;
        return &spec;
      }
    }
  }
  return nullptr;
}

ExitCode RefuseCommand(Console& console, const std::vector<std::string>& words) {
  std::vector<std::string> paths, same_group;
  for (const CommandSpec& spec : AllCommands()) {
    paths.push_back(spec.path);
    if (absl::StartsWith(spec.path, words[0] + " ")) same_group.push_back(spec.path);
  }
  if (!same_group.empty()) {
    console.err() << "tremorcast: '" << words[0] << "' needs one of: " << absl::StrJoin(same_group, ", ") << "\n";
    return ExitCode::kUsage;
  }
  const std::string two = words.size() > 1 && words[1][0] != '-' ? absl::StrCat(words[0], " ", words[1]) : words[0];
  std::string hint = DidYouMean(two, paths);
  if (hint.empty()) hint = DidYouMean(words[0], paths);
  console.err() << "tremorcast: there is no command '" << words[0] << "'." << hint
                << " 'tremorcast --help' lists them all.\n";
  return ExitCode::kUsage;
}

void AddFlag(CLI::App& app, const Flag& flag) {
  CLI::Option* option = std::visit(
      [&](auto* target) -> CLI::Option* {
        if constexpr (std::is_same_v<decltype(target), bool*>) {
          return app.add_flag(flag.name, *target, flag.help);
        } else {
          return app.add_option(flag.name, *target, flag.help);
        }
      },
      flag.target);
  option->required(flag.required);
  if (!flag.choices.empty()) option->check(CLI::IsMember(flag.choices));
  // Each mention takes one value; else "--region a b" would swallow what follows.
  if (!IsPositional(flag) && std::holds_alternative<std::vector<std::string>*>(flag.target))
    option->expected(1)->take_all();
}

// What the argument list says of each of ConnectionFlags().
using TypedConnection = std::vector<std::optional<std::string>>;

// Fills the flags. It returns false when the usage was wrong, and has explained then what is wrong.
bool Parse(Console& console, const CommandSpec& spec, const std::vector<Flag>& flags,
           const std::vector<std::string>& arguments, TypedConnection& typed) {
  CLI::App app;
  for (size_t i = 0; i < typed.size(); ++i) app.add_option(ConnectionFlags()[i].name, typed[i]);
  for (const Flag& flag : flags) AddFlag(app, flag);
  const auto read = ReadArguments(app, arguments);
  if (!read.ok()) console.err() << UsageError(absl::StrCat("tremorcast ", spec.path), read.status().message());
  return read.ok();
}

absl::StatusOr<ConnectionOptions> ReadConnection(const TypedConnection& typed, const ConnectionOptions& environment) {
  ConnectionOptions connection;
  for (size_t i = 0; i < typed.size(); ++i) {
    const ConnectionFlag& flag = ConnectionFlags()[i];
    ASSIGN_OR_RETURN(connection.*flag.target,
                     ReadFlagValue({flag.name, typed[i], "", std::nullopt, environment.*flag.target}));
  }
  if (connection.server.empty()) connection.server = kDefaultServer;
  return connection;
}

}  // namespace

ExitCode RunCli(const std::vector<std::string>& arguments, const ConnectionOptions& environment, Console& console,
                Pacer& pacer) {
  TypedConnection typed(ConnectionFlags().size());
  std::vector<std::string> words = arguments;
  while (!words.empty() && absl::StartsWith(words[0], "-")) {  // global flags before the command
    const std::string word = words[0];
    if (word == "--help" || word == "-h") {
      PrintHelp(console);
      return ExitCode::kOk;
    }
    if (word == "--version") {
      console.out() << VersionLine("tremorcast") << "\n";
      return ExitCode::kOk;
    }
    const std::string name = word.substr(0, word.find('='));
    const auto flag = std::find_if(ConnectionFlags().begin(), ConnectionFlags().end(),
                                   [&](const ConnectionFlag& f) { return f.name == name; });
    const bool with_value = name.size() < word.size();
    if (flag == ConnectionFlags().end() || (!with_value && words.size() < 2)) {
      console.err() << "tremorcast: "
                    << (flag == ConnectionFlags().end() ? absl::StrCat("unknown flag '", name, "' before the command")
                                                        : absl::StrCat(name, " needs ", flag->value_name))
                    << ".\n";
      return ExitCode::kUsage;
    }
    typed[static_cast<size_t>(flag - ConnectionFlags().begin())] = with_value ? word.substr(name.size() + 1) : words[1];
    words.erase(words.begin(), words.begin() + (with_value ? 1 : 2));
  }
  if (words.empty() || words[0] == "help") {
    PrintHelp(console);
    return words.empty() ? ExitCode::kUsage : ExitCode::kOk;
  }
  size_t taken = 0;
  const CommandSpec* spec = FindCommand(words, taken);
  if (spec == nullptr) return RefuseCommand(console, words);
  const std::unique_ptr<Command> command = spec->make();
  const std::vector<Flag> flags = command->Flags();
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(taken), words.end());
  if (std::any_of(rest.begin(), rest.end(), [](const std::string& word) { return word == "--help" || word == "-h"; })) {
    PrintCommandHelp(console, *spec, flags);
    return ExitCode::kOk;
  }
  if (!Parse(console, *spec, flags, rest, typed)) return ExitCode::kUsage;
  const auto connection = ReadConnection(typed, environment);
  const auto client = connection.ok() ? Client::Open(*connection) : connection.status();
  if (!client.ok()) {
    console.err() << "tremorcast " << spec->path << ": " << client.status().message() << "\n";
    return ExitCode::kUsage;
  }
  CommandContext context{console, pacer, **client};
  return command->Run(context);
}

}  // namespace tremorcast::cli
