// deploy/citus/distribute.sql on plain PostgreSQL: Citus' two functions are replaced by ones that
// note what they are asked, the very file is run, and the catalogue of the migrated schema is held
// against it. What Citus refuses or makes slow (a unique key without the distribution column, keys
// and joins that cross nodes) then shows here, in the change that brings it.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <gmock/gmock.h>

#include "tests/integration/storage/storage_test.h"

namespace tremorcast {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// The string literals of a source file, neighbours joined as the compiler joins them.
std::vector<std::string> Literals(const std::string& source) {
  static const std::regex comment(R"(//[^\n]*)");
  static const std::regex literal(R"re((?:R"sql\(([\s\S]*?)\)sql"|"((?:[^"\\]|\\.)*)")\s*)re");
  const std::string code = std::regex_replace(source, comment, "");
  std::vector<std::string> literals;
  std::ptrdiff_t end = -1;
  for (auto it = std::sregex_iterator(code.begin(), code.end(), literal); it != std::sregex_iterator(); ++it) {
    const std::string text = (*it)[1].str() + (*it)[2].str();
    if (it->position() == end) {
      literals.back() += text;
    } else {
      literals.push_back(text);
    }
    end = it->position() + it->length();
  }
  return literals;
}

class CitusTest : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    Hand(
        "CREATE TABLE placed (name regclass, by_column text, colocate_with text); "
        "CREATE FUNCTION create_distributed_table(regclass, text, colocate_with text DEFAULT 'default') RETURNS void "
        "LANGUAGE sql AS $$ INSERT INTO placed VALUES ($1, $2, colocate_with) $$; "
        "CREATE FUNCTION create_reference_table(regclass) RETURNS void LANGUAGE sql AS $$ INSERT INTO placed VALUES "
        "($1) $$");
    Hand(ReadText(fs::path(TREMORCAST_SOURCE_DIR) / "deploy/citus/distribute.sql"));
  }

  // The only column, a line each.
  std::string List(const std::string& sql) {
    const auto rows = watch_->Exec(sql, Soon());
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::string list;
    for (int i = 0; rows.ok() && i < rows->size(); ++i) absl::StrAppend(&list, rows->Text(i, 0), "\n");
    return list;
  }

  std::set<std::string> Distributed() {
    std::set<std::string> names;
    const auto rows = watch_->Exec("SELECT name FROM placed WHERE by_column IS NOT NULL", Soon());
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (int i = 0; rows.ok() && i < rows->size(); ++i) names.emplace(rows->Text(i, 0));
    return names;
  }

  static int TablesIn(const std::string& statement, const std::set<std::string>& tables) {
    int count = 0;
    for (const std::string& table : tables)
      count += std::regex_search(statement, std::regex(absl::StrCat("\\b", table, "\\b"))) ? 1 : 0;
    return count;
  }
  static bool JoinsByStation(const std::string& statement) {
    static const std::regex by_station(R"(USING \(station\b|\w\.station = \w+\.station\b)");
    return std::regex_search(statement, by_station);
  }
};

TEST_F(CitusTest, EachTableIsPlacedOnce) {
  EXPECT_EQ(List("SELECT c.oid::regclass FROM pg_class c WHERE relkind IN ('r', 'p') AND NOT relispartition AND "
                 "relnamespace = 'public'::regnamespace AND relname NOT IN ('placed', 'schema_migrations') AND "
                 "(SELECT count(*) FROM placed WHERE name = c.oid) <> 1"),
            "");
}

TEST_F(CitusTest, WhatIsSpreadLiesTogether) {
  EXPECT_EQ(List("SELECT name FROM placed WHERE by_column IS NOT NULL AND name <> 'observations'::regclass AND "
                 "colocate_with <> 'observations'"),
            "");
  EXPECT_EQ(List("SELECT DISTINCT format_type(atttypid, atttypmod) || ' ' || attcollation::regcollation FROM placed "
                 "JOIN pg_attribute ON attrelid = name AND attname = by_column"),
            "text \"C\"\n")
      << "co-located columns are of one type";
}

TEST_F(CitusTest, EachUniqueKeyHoldsTheDistributionColumn) {
  EXPECT_EQ(List("SELECT indexrelid::regclass FROM placed JOIN pg_index ON indrelid = name AND indisunique WHERE "
                 "by_column IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = name AND attname = "
                 "by_column AND attnum = ANY (indkey))"),
            "");
}

TEST_F(CitusTest, ForeignKeysStayOnOneNode) {
  // Allowed: to a table that every node has, or between distributed tables by their distribution
  // columns.
  EXPECT_EQ(
      List(
          "SELECT conname FROM pg_constraint JOIN placed f ON f.name = conrelid JOIN placed t ON t.name = confrelid "
          "WHERE contype = 'f' AND t.by_column IS NOT NULL AND NOT EXISTS (SELECT 1 FROM unnest(conkey, confkey) AS "
          "k(f, t) JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.f JOIN pg_attribute b ON b.attrelid = "
          "confrelid AND b.attnum = k.t WHERE a.attname = f.by_column AND b.attname = t.by_column)"),
      "");
}

TEST_F(CitusTest, JoinsStayOnOneNode) {
  const std::set<std::string> tables = Distributed();
  int joins = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(TREMORCAST_SOURCE_DIR) / "storage")) {
    if (entry.path().extension() != ".cc") continue;
    for (const std::string& statement : Literals(ReadText(entry.path()))) {
      if (TablesIn(statement, tables) < 2) continue;
      ++joins;
      EXPECT_TRUE(JoinsByStation(statement)) << entry.path() << ": " << statement;
    }
  }
  EXPECT_GE(joins, 2) << "the joins of the window store are not seen";
  // What it would say of a join that crosses nodes.
  const std::string crossing =
      Literals("x(\"SELECT 1 FROM dirty_windows d JOIN \"\n \"station_weeks w ON d.week = w.week\")")[0];
  EXPECT_EQ(TablesIn(crossing, tables), 2);
  EXPECT_FALSE(JoinsByStation(crossing));
}

}  // namespace
}  // namespace tremorcast
