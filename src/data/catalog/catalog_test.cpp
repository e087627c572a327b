#include "data/catalog/catalog.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "data/catalog/canonical.hpp"

namespace sinan::catalog {
namespace {

// Rows of the first table there: | `NAME` | `column, column*` (remarks)`, column`; remarks |. A star marks what may be missing.
TEST(Catalog, TheCanonicalModelIsTheOneOfTheDocument) {
  std::ifstream file("docs/canonical-model.md");
  std::stringstream text;
  text << file.rdbuf();
  std::map<std::string, std::vector<std::string>> documented;
  std::string line;
  while (std::getline(text, line)) {
    std::smatch row;
    if (!std::regex_match(line, row, std::regex(R"(\| `(\w+)` \| (.*) \|)"))) continue;
    std::string cell = std::regex_replace(row[2].str(), std::regex(R"(\([^()]*\))"), "");
    cell = cell.substr(0, cell.find(';'));
    std::erase(cell, '`');
    std::vector<std::string>& columns = documented[row[1]];
    std::regex column(R"((\w+)(\*?))");
    for (std::sregex_iterator at(cell.begin(), cell.end(), column), end; at != end; ++at)
      if ((*at)[2].length() == 0) columns.push_back((*at)[1]);
  }
  EXPECT_EQ(documented.size(), 14U);
  EXPECT_EQ(documented, required_columns());
}

TEST(Catalog, PatternsMatchNamesWithoutRegardToCase) {
  struct Case {
    std::string pattern, name;
    bool expected;
  };
  const std::vector<Case> cases{
      {"erp.orders", "erp.orders", true},
      {"ERP.orders", "erp.ORDERS", true},
      {"erp.order", "erp.orders", false},
      {"erp.*", "erp.orders", true},
      {"erp.*", "erp2.orders", false},
      {"*", "erp.orders", true},
      {"lake.*_orders", "lake.erp_orders", true},
      {"lake.*_orders", "lake.erp_orders2", false},
      {"*.*_x", "a.b_x_x", true},
      {"a*b*c", "a--b--b--c", true},
      {"a*b*c", "a--b--b--", false},
      {"", "", true},
      {"", "a", false},
      {"**", "", true},
  };
  for (const auto& [pattern, name, expected] : cases) EXPECT_EQ(matches(pattern, name), expected) << pattern << " " << name;
}

TEST(Catalog, AnExactNameOutranksAPatternAndALongPatternAShortOne) {
  EXPECT_GT(rank("erp.orders"), rank("erp.order*"));
  EXPECT_GT(rank("erp.order*"), rank("erp.*"));
  EXPECT_GT(rank("erp.*"), rank("*"));
}

TEST(Catalog, SuggestionsNameTheNearestOrTheFirstOnes) {
  EXPECT_EQ(suggestion("erp.ordrs", {"erp.items", "erp.orders"}), "did you mean 'erp.orders'?");
  EXPECT_EQ(suggestion("quite different", {"b", "a"}), "there are: a, b");
  EXPECT_EQ(suggestion("x", {}), "");
  std::vector<std::string> many;
  for (int i = 0; i < 14; ++i) many.push_back(fmt::format("table_{:02}", i));
  many.insert(many.end(), {"ops.sales", "ops.stock"});
  EXPECT_EQ(suggestion("ops.warehouse_rates", many), "there are: ops.sales, ops.stock") << "who names a schema looks there";
  many.resize(14);
  EXPECT_TRUE(suggestion("nothing of the kind", many).ends_with("table_11 and 2 more: sinan tables"));
}

TEST(Catalog, ViewsComeFromModelFilesWithTheirHeadComment) {
  auto root = std::filesystem::temp_directory_path() / fmt::format("sinan_catalog_test_{}", getpid());
  std::filesystem::create_directories(root / "model");
  std::ofstream(root / "sinan.yaml") << "name: acme\n";
  std::ofstream(root / "model" / "Items.sql") << "-- What we sell,\n-- from the ERP.\nSELECT 1 AS item_id;\n;\n";
  std::ofstream(root / "model" / "stock.sql") << "SELECT 2 AS x";
  std::ofstream(root / "model" / "empty.sql") << " ;\n";
  Diagnostics diagnostics;
  auto workspace = Workspace::open(root, diagnostics);
  ASSERT_TRUE(workspace) << workspace.error().text();
  auto views = read_views(*workspace, diagnostics);
  std::filesystem::remove_all(root);
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].name, "ops.items");
  EXPECT_EQ(views[0].description, "What we sell, from the ERP.");
  EXPECT_TRUE(views[0].sql.ends_with("SELECT 1 AS item_id"));
  EXPECT_EQ(views[1].name, "ops.stock");
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics.sorted()[0].code, "empty_view");
}

}  // namespace
}  // namespace sinan::catalog
