#pragma once

// Finds SQL that is put together at run time: a statement must be a literal, or literals and named
// constants (kColumns), and values go beside it as parameters. What must be built all the same (a
// table's name cannot be a parameter) stands in tests/layers/built_sql.txt with a reason. It reads
// tokens, not types: a call whose literals do not look like SQL is not seen.

#include <string>
#include <string_view>
#include <vector>

namespace tremorcast {

struct BuiltSql {
  int line = 0;
  std::string part;  // what is put into the statement, as written, without blanks
};

// StrCat, StrAppend, StrFormat, Substitute, StrJoin and + with a literal that looks like SQL.
std::vector<BuiltSql> FindBuiltSql(std::string_view source);

// A line of built_sql.txt: "PATH PART: REASON"; '#' begins a comment.
struct AllowedSql {
  std::string path, part, reason;
};
std::vector<AllowedSql> ParseAllowedSql(std::string_view text);

}  // namespace tremorcast
