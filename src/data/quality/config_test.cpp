// A quality file with mistakes says each of them, with its place and the way out.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "data/quality/quality.hpp"

namespace sinan::quality {
namespace {

class Folder {
 public:
  explicit Folder(const std::string& quality_yaml) {
    path_ = std::filesystem::temp_directory_path() / fmt::format("sinan_quality_{}_{}", ::getpid(), counter_++);
    std::filesystem::create_directories(path_ / "quality");
    std::ofstream(path_ / "sinan.yaml") << "name: Test\n";
    std::ofstream(path_ / "quality" / "erp.yaml") << quality_yaml;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  static inline int counter_ = 0;
  std::filesystem::path path_;
};

class Tables final : public TableLookup {
 public:
  std::vector<std::string> tables() const override { return {"crm.customers", "erp.items", "erp.orders"}; }
  std::optional<Schema> schema(const std::string& table) const override {
    if (table == "erp.items") return std::nullopt;
    Schema schema;
    schema.fields = {{"id", {TypeId::kInt}}, {"customer_id", {TypeId::kText}}, {"ordered_at", {TypeId::kTimestamp}}};
    return schema;
  }
};

std::vector<std::string> mistakes(const std::string& yaml) {
  Folder folder(yaml);
  Diagnostics out;
  auto workspace = Workspace::open(folder.path(), out);
  EXPECT_TRUE(workspace);
  Config config = read_config(*workspace, out);
  auto sql = make_sql_check();
  EXPECT_TRUE(sql);
  check_config(config, Tables(), sql->get(), out);
  std::vector<std::string> lines;
  for (const Diagnostic& one : out.sorted())
    lines.push_back(fmt::format("{}:{} {} | {}", one.place.line, one.place.column, one.message, one.hint));
  return lines;
}

TEST(QualityConfig, that_is_right_is_read_without_a_word) {
  const std::string yaml = R"(
tables:
  erp.orders:
    key: [id]
    stop_above_percent: 10
    rules:
      - {rule: not_null, columns: [id, customer_id]}
      - {rule: pattern, column: customer_id, regex: 'C[0-9]+'}
      - {rule: range, column: ordered_at, max: now}
      - {rule: reference, column: customer_id, to: crm.customers, to_column: id, where: id > 3}
      - {rule: reference, column: id, to: erp.items, to_column: anything}
      - {rule: custom_sql, id: sane, expression: "length(customer_id) < id"}
)";
  EXPECT_EQ(mistakes(yaml), std::vector<std::string>{});
  Folder folder(yaml);
  Diagnostics out;
  Config config = read_config(*Workspace::open(folder.path(), out), out);
  ASSERT_EQ(config.tables.size(), 1u);
  EXPECT_EQ(config.tables[0].table.place.text(), "quality/erp.yaml:3:3");
  std::vector<std::string> ids;
  for (const auto& rule : config.tables[0].rules) ids.push_back(rule->settings().id);
  EXPECT_EQ(ids, (std::vector<std::string>{"not_null.id", "not_null.customer_id", "pattern.customer_id", "range.ordered_at",
                                           "reference.customer_id", "reference.id", "sane"}));
}

TEST(QualityConfig, a_reason_is_one_text_or_one_for_each_language) {
  Folder folder(R"(
tables:
  erp.orders:
    rules:
      - {rule: custom_sql, id: one, expression: id > 1, reason: no such order}
      - {rule: custom_sql, id: two, expression: id > 2, reason: {en: no such order, zh: 没有该订单}}
)");
  Diagnostics out;
  Config config = read_config(*Workspace::open(folder.path(), out), out);
  ASSERT_TRUE(out.ok()) << out.error().text();
  const auto& rules = config.tables.at(0).rules;
  EXPECT_EQ(rules.at(0)->settings().reason.zh, "no such order");
  Text reason = words(rules.at(1)->settings(), "own", "own");
  EXPECT_EQ(reason.en, "no such order");
  EXPECT_EQ(reason.zh, "没有该订单");
  auto lines = mistakes("tables:\n  erp.orders:\n    rules:\n      - {rule: custom_sql, id: a, expression: id > 1, reason: {en: half}}\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].contains("zh")) << lines[0];
}

TEST(QualityConfig, names_every_mistake_with_its_place_and_the_way_out) {
  auto lines = mistakes(R"(
tables:
  erp.order:
    rules:
      - {rule: not_null, column: id}
  erp.orders:
    key: [order_id]
    rules:
      - {rule: not_nul, column: id}
      - {rule: not_null, column: custmer_id}
      - {rule: pattern, column: customer_id, regex: '[A-Z'}
      - {rule: range, column: ordered_at, min: 5}
      - {rule: reference, column: customer_id, to: crm.customer}
      - {rule: reference, column: customer_id, to: crm.customers, to_column: customerid}
      - {rule: custom_sql, id: one, expression: "id >> > 3"}
      - {rule: custom_sql, id: one, expression: "idd > 3"}
      - {rule: not_null, column: id, where: "nothing = 1"}
      - 7
  orders:
    rules: []
)");
  ASSERT_EQ(lines.size(), 14u) << fmt::format("{}", fmt::join(lines, "\n"));
  EXPECT_EQ(lines[0], "3:3 no source has a table 'erp.order' | did you mean 'erp.orders'?");
  EXPECT_EQ(lines[1], "7:11 erp.orders has no column 'order_id' | columns there are: id, customer_id, ordered_at");
  EXPECT_TRUE(lines[2].starts_with("9:16 'not_nul' is not one of the values that are possible here | did you mean 'not_null'?"))
      << lines[2];
  EXPECT_EQ(lines[3], "10:34 erp.orders has no column 'custmer_id' | did you mean 'customer_id'?");
  EXPECT_TRUE(lines[4].starts_with("11:53 the regular expression is not valid: ")) << lines[4];
  EXPECT_EQ(lines[5], "12:48 ordered_at is timestamp and cannot be compared with '5' | write a date or time, or now-30d");
  EXPECT_EQ(lines[6], "13:52 no source has a table 'crm.customer' | did you mean 'crm.customers'?");
  EXPECT_EQ(lines[7], "14:78 crm.customers has no column 'customerid' | did you mean 'customer_id'?");
  EXPECT_TRUE(lines[8].starts_with("15:49 the condition is not valid SQL: ")) << lines[8];
  EXPECT_EQ(lines[9], "16:9 erp.orders has two rules 'one' | give one of them another id; the first is at quality/erp.yaml:15:9");
  EXPECT_TRUE(lines[10].starts_with("16:49 the condition is not valid SQL: ")) << lines[10];
  EXPECT_TRUE(lines[11].starts_with("17:45 the condition is not valid SQL: ")) << lines[11];
  EXPECT_EQ(lines[12], "18:9 a rule expected, not '7' | write 'key: value' lines, indented below");
  EXPECT_EQ(lines[13], "19:3 'orders' does not name a table | write SOURCE.TABLE, such as erp.orders");
}

TEST(QualityConfig, a_table_name_without_a_source_is_refused) {
  auto lines = mistakes("tables:\n  orders:\n    rules: []\n");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], "2:3 'orders' does not name a table | write SOURCE.TABLE, such as erp.orders");
}

TEST(QualityConfig, the_schema_offers_every_kind_of_rule) {
  Json schema = config_schema();
  EXPECT_EQ(schema["properties"]["tables"]["additionalProperties"]["properties"]["rules"]["items"]["oneOf"].size(), rules().size());
}

}  // namespace
}  // namespace sinan::quality
