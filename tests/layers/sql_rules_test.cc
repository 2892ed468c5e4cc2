#include "tests/layers/sql_rules.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

std::vector<std::string> Parts(const std::string& source) {
  std::vector<std::string> parts;
  for (const BuiltSql& built : FindBuiltSql(source)) parts.push_back(built.part);
  return parts;
}

TEST(SqlRulesTest, ValuesGoIntoStatementsAsParametersOnly) {
  const std::filesystem::path top(TREMORCAST_SOURCE_DIR);
  const std::vector<AllowedSql> allowed = ParseAllowedSql(ReadFile(top / "tests/layers/built_sql.txt"));
  std::set<size_t> used;
  int files = 0;
  for (const char* folder : {"storage", "server", "trainer", "cli", "core"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(top / folder)) {
      const std::string extension = file.path().extension().string();
      if (extension != ".h" && extension != ".cc") continue;
      ++files;
      const std::string path = file.path().lexically_relative(top).generic_string();
      for (const BuiltSql& built : FindBuiltSql(ReadFile(file.path()))) {
        bool may = false;
        for (size_t i = 0; i < allowed.size(); ++i) {
          if (allowed[i].path != path || allowed[i].part != built.part) continue;
          used.insert(i);
          may = true;
        }
        EXPECT_TRUE(may) << path << ":" << built.line << ": " << built.part
                         << " is put into a statement: give it as a parameter, or a line with the reason in "
                            "tests/layers/built_sql.txt";
      }
    }
  }
  EXPECT_GT(files, 50) << "the walk looks in the wrong place";
  for (size_t i = 0; i < allowed.size(); ++i) {
    EXPECT_EQ(used.count(i), 1u) << "no such place any more: " << allowed[i].path << " " << allowed[i].part;
    EXPECT_GT(allowed[i].reason.size(), 10u) << allowed[i].path << " " << allowed[i].part << " has no reason";
  }
}

TEST(SqlRulesTest, FindsPlantedStatements) {
  EXPECT_THAT(Parts(R"(Exec(absl::StrCat("SELECT 1 FROM t WHERE name = '", name, "'"));)"), ElementsAre("name"));
  EXPECT_THAT(Parts(R"(Exec("SELECT 1 FROM t WHERE name = '" + name + "'");)"), ElementsAre("+"));
  EXPECT_THAT(Parts(R"(sql += "DELETE FROM stations";)"), ElementsAre("+"));
  EXPECT_THAT(Parts(R"(absl::StrAppend(&sql, " WHERE id = ", id.value(), ";");)"), ElementsAre("id.value()"));
  EXPECT_THAT(Parts(R"(absl::StrFormat("COPY %s FROM STDIN", table))"), ElementsAre("table"));
  EXPECT_THAT(Parts("absl::StrCat(R\"sql(\n  SELECT 1\n  FROM t\n  WHERE name = ')sql\", name, R\"sql('\n)sql\")"),
              ElementsAre("name"));
  EXPECT_THAT(Parts("tx.exec(R\"sql(\n  SELECT 1\n  FROM \"t\")sql\" + name)"), ElementsAre("+"));
  EXPECT_THAT(Parts("absl::Substitute(R\"(UPDATE t SET a = $0)\", f(a, b))"), ElementsAre("f(a,b)"));
}

TEST(SqlRulesTest, CountsTheLinesOfRawStrings) {
  const auto built =
      FindBuiltSql("Exec(R\"sql(\n  SELECT 1\n  FROM t\n)sql\");\nStrCat(R\"sql(\nSELECT 1\n)sql\", name);");
  ASSERT_EQ(built.size(), 1u);
  EXPECT_EQ(built.front().line, 5);
}

TEST(SqlRulesTest, LetsLiteralsConstantsAndMessagesBe) {
  EXPECT_THAT(Parts(R"(Exec("SELECT 1 FROM t WHERE name = $1", SqlParams().Text(name));)"), IsEmpty());
  EXPECT_THAT(Parts(R"(absl::StrCat("SELECT ", kColumns, " FROM t", " ORDER BY a"))"), IsEmpty());
  EXPECT_THAT(Parts(R"(absl::StrCat("SELECT 1 FROM t ", all ? "" : "WHERE a = $1"))"), IsEmpty());
  EXPECT_THAT(Parts(R"(absl::StrCat("SELECT 1 FROM t ", all ? "" : name))"), ElementsAre("all?\"\":name"));
  EXPECT_THAT(Parts(R"(absl::StrCat("cannot select from ", table, " where it stands"))"), IsEmpty());
  EXPECT_THAT(Parts("absl::StrCat(\"SELECT \", kColumns, R\"sql(\n  FROM t -- \"quoted\" ) and so on\n)sql\")"),
              IsEmpty());
  EXPECT_THAT(Parts(R"(// absl::StrCat("SELECT ", name, " FROM t"))"), IsEmpty());
}

}  // namespace
}  // namespace tremorcast
