#include "tests/layers/sql_rules.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <sstream>

namespace tremorcast {
namespace {

struct Token {
  enum class Kind { kWord, kLiteral, kSign } kind = Kind::kSign;
  std::string text;  // of a literal: what is between the quotes
  int line = 0;
};

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::vector<Token> Tokens(std::string_view source) {
  std::vector<Token> tokens;
  int line = 1;
  size_t i = 0;
  const auto until = [&](std::string_view end, size_t from) {
    const size_t at = std::min(source.find(end, from), source.size());
    line += static_cast<int>(
        std::count(source.begin() + static_cast<long>(from), source.begin() + static_cast<long>(at), '\n'));
    return at;
  };
  while (i < source.size()) {
    const std::string_view rest = source.substr(i);
    const int begin = line;
    if (rest[0] == '\n') ++line;
    if (std::isspace(static_cast<unsigned char>(rest[0])) != 0) {
      ++i;
    } else if (rest.substr(0, 2) == "//") {
      i = until("\n", i);
    } else if (rest.substr(0, 2) == "/*") {
      i = until("*/", i) + 2;
    } else if (rest.substr(0, 2) == "R\"") {
      const size_t open = source.find('(', i);
      const std::string end = ")" + std::string(source.substr(i + 2, open - i - 2)) + "\"";
      const size_t close = until(end, open + 1);
      tokens.push_back({Token::Kind::kLiteral, std::string(source.substr(open + 1, close - open - 1)), begin});
      i = close + end.size();
    } else if (rest[0] == '"' || (rest[0] == '\'' && (i == 0 || !IsWord(source[i - 1])))) {
      size_t end = i + 1;
      while (end < source.size() && source[end] != rest[0]) end += source[end] == '\\' ? 2 : 1;
      tokens.push_back({Token::Kind::kLiteral, std::string(source.substr(i + 1, end - i - 1)), begin});
      i = end + 1;
    } else if (IsWord(rest[0])) {
      size_t end = i;
      while (end < source.size() && IsWord(source[end])) ++end;
      tokens.push_back({Token::Kind::kWord, std::string(source.substr(i, end - i)), begin});
      i = end;
    } else {
      tokens.push_back({Token::Kind::kSign, std::string(1, rest[0]), begin});
      ++i;
    }
  }
  return tokens;
}

bool LooksLikeSql(const std::string& literal) {
  static const std::regex sql(
      R"(^\s*(SELECT|INSERT INTO|DECLARE|UPDATE|DELETE FROM|CREATE|ALTER|DROP|COPY|LOCK TABLE|SET|LISTEN|UNLISTEN|NOTIFY|TRUNCATE|WITH|BEGIN|VACUUM|GRANT)\s)"
      R"(|\s(FROM|WHERE|VALUES|JOIN|ORDER BY|RETURNING)\s)");
  return std::regex_search(literal, sql);
}

// A constant by its name: kColumns, storage::kColumns.
bool IsConstant(const std::vector<Token>& argument) {
  static const std::regex constant("k[A-Z][A-Za-z0-9]*");
  return !argument.empty() && std::regex_match(argument.back().text, constant) &&
         std::all_of(argument.begin(), argument.end() - 1,
                     [](const Token& t) { return t.kind == Token::Kind::kWord || t.text == ":"; });
}

bool IsLiteral(const std::vector<Token>& argument) {
  return std::all_of(argument.begin(), argument.end(), [](const Token& t) { return t.kind == Token::Kind::kLiteral; });
}

// condition ? "literal" : "literal"
bool IsChoiceOfLiterals(const std::vector<Token>& argument) {
  const auto branches = std::find_if(argument.begin(), argument.end(),
                                     [](const Token& t) { return t.kind == Token::Kind::kSign && t.text == "?"; });
  return branches != argument.end() && std::all_of(branches + 1, argument.end(), [](const Token& t) {
           return t.kind == Token::Kind::kLiteral || (t.kind == Token::Kind::kSign && t.text == ":");
         });
}

std::string Text(const std::vector<Token>& argument) {
  std::string text;
  for (const Token& token : argument)
    text += token.kind == Token::Kind::kLiteral ? "\"" + token.text + "\"" : token.text;
  return text;
}

// The arguments of the call whose parenthesis opens at `open`.
std::vector<std::vector<Token>> Arguments(const std::vector<Token>& tokens, size_t open) {
  std::vector<std::vector<Token>> arguments(1);
  int depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind == Token::Kind::kSign) {
      if (token.text == "(" || token.text == "[" || token.text == "{") {
        if (++depth == 1) continue;
      } else if (token.text == ")" || token.text == "]" || token.text == "}") {
        if (--depth == 0) break;
      } else if (token.text == "," && depth == 1) {
        arguments.emplace_back();
        continue;
      }
    }
    arguments.back().push_back(token);
  }
  return arguments;
}

}  // namespace

std::vector<BuiltSql> FindBuiltSql(std::string_view source) {
  static const std::set<std::string> builders = {"StrCat", "StrAppend", "StrFormat", "Substitute", "StrJoin"};
  std::vector<BuiltSql> found;
  const std::vector<Token> tokens = Tokens(source);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const auto sign = [&](size_t at, const char* text) {
      return at < tokens.size() && tokens[at].kind == Token::Kind::kSign && tokens[at].text == text;
    };
    if (token.kind == Token::Kind::kLiteral && LooksLikeSql(token.text) &&
        (sign(i + 1, "+") || (i > 0 && sign(i - 1, "+")) || (i > 1 && sign(i - 1, "=") && sign(i - 2, "+")))) {
      found.push_back({token.line, "+"});
    }
    if (token.kind != Token::Kind::kWord || builders.count(token.text) == 0 || !sign(i + 1, "(")) continue;
    std::vector<std::vector<Token>> arguments = Arguments(tokens, i + 1);
    const bool sql = std::any_of(arguments.begin(), arguments.end(), [](const auto& argument) {
      return !argument.empty() && IsLiteral(argument) && LooksLikeSql(Text(argument).substr(1));
    });
    if (!sql) continue;
    if (token.text == "StrAppend") arguments.erase(arguments.begin());
    for (const auto& argument : arguments) {
      if (!IsLiteral(argument) && !IsConstant(argument) && !IsChoiceOfLiterals(argument))
        found.push_back({token.line, Text(argument)});
    }
  }
  return found;
}

std::vector<AllowedSql> ParseAllowedSql(std::string_view text) {
  std::vector<AllowedSql> allowed;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    AllowedSql one;
    std::istringstream words(line);
    words >> one.path >> one.part;
    std::getline(words, one.reason);
    if (!one.part.empty() && one.part.back() == ':') one.part.pop_back();
    allowed.push_back(one);
  }
  return allowed;
}

}  // namespace tremorcast
