// Every command line that the programs print, in advice, examples and messages, is one that the
// client takes: the command is there, and it has the flags.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "cli/calls/connection.h"
#include "cli/commands/command.h"

namespace tremorcast::cli {
namespace {

// Literals that follow each other are one text.
std::string SourceText(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return std::regex_replace(text, std::regex("\"\\s*\n\\s*\""), "");
}

// The command that the words begin with, the longer one if there are two.
const CommandSpec* Find(const std::string& words) {
  const CommandSpec* found = nullptr;
  for (const CommandSpec& spec : AllCommands()) {
    if (words != spec.path && !absl::StartsWith(words, spec.path + " ")) continue;
    if (found == nullptr || found->path.size() < spec.path.size()) found = &spec;
  }
  return found;
}

std::set<std::string> FlagsOf(const CommandSpec& spec) {
  std::set<std::string> names = {"--help"};
  const auto command = spec.make();
  for (const Flag& flag : command->Flags()) names.insert(flag.name);
  for (const ConnectionFlag& flag : ConnectionFlags()) names.insert(std::string(flag.name));
  return names;
}

TEST(PrintedCommandsTest, EveryCommandLineInTheSourceIsOneOfTheClient) {
  std::set<std::string> first_words;
  for (const CommandSpec& spec : AllCommands()) first_words.insert(spec.path.substr(0, spec.path.find(' ')));
  // Up to what ends a command line in a text.
  const std::regex line("tremorcast ((?:[a-z]+)(?: [a-z]+)?)([^'\";`\n]*)");
  const std::regex flag("--[a-z][a-z-]*");
  int commands = 0, flags = 0;
  for (const char* folder : {"cli", "core", "server", "storage", "trainer", "bulletin", "command_line"}) {
    const auto root = std::filesystem::path(TREMORCAST_SOURCE_DIR) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".cc") continue;
      const std::string text = SourceText(entry.path());
      for (std::sregex_iterator it(text.begin(), text.end(), line), end; it != end; ++it) {
        const std::string words = (*it)[1];
        if (first_words.count(words.substr(0, words.find(' '))) == 0) continue;  // "tremorcast is ..."
        const CommandSpec* spec = Find(words);
        EXPECT_NE(spec, nullptr) << entry.path() << " prints 'tremorcast " << words << "'";
        if (spec == nullptr) continue;
        ++commands;
        const std::set<std::string> known = FlagsOf(*spec);
        const std::string rest = (*it)[2];
        for (std::sregex_iterator f(rest.begin(), rest.end(), flag); f != end; ++f, ++flags) {
          EXPECT_EQ(known.count(f->str()), 1U)
              << entry.path() << ": 'tremorcast " << spec->path << "' has no " << f->str();
        }
      }
    }
  }
  EXPECT_GT(commands, 50) << "the source was not found";
  EXPECT_GT(flags, 30);
}

}  // namespace
}  // namespace tremorcast::cli
