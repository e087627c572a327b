// Runs the rules: table after table, those that are pointed at first.
#include <chrono>

#include "data/quality/quality.hpp"
#include "data/quality/quarantine.hpp"
#include "data/quality/statement.hpp"

namespace sinan::quality {
namespace {

constexpr std::size_t kExamples = 3;
constexpr std::string_view kNow = "$now";  // in conditions that people write: the time of the check, as text

// The lake's tables as rules see them while they make SQL.
class LakeLookup final : public TableLookup {
 public:
  explicit LakeLookup(const lake::Lake& lake) : lake_(lake) {}
  std::vector<std::string> tables() const override { return {}; }
  std::optional<Schema> schema(const std::string& table) const override {
    auto found = lake_.table(lake_table(table), lake_.current());
    if (!found) return std::nullopt;
    return found->schema;
  }

 private:
  const lake::Lake& lake_;
};

// A table, and those that must be read with their held back rows because they point back at it.
struct Turn {
  const TableRules* table;
  std::vector<std::string> raw;
};

// Depth first along references; an edge back into the path is a cycle, and is judged by the raw rows.
class Order {
 public:
  explicit Order(const Config& config) {
    for (const TableRules& table : config.tables) by_name_[table.table.value] = &table;
    for (const TableRules& table : config.tables) visit(table);
  }
  const std::vector<Turn>& turns() const { return turns_; }

 private:
  void visit(const TableRules& table) {
    if (done_.contains(table.table.value)) return;
    path_.insert(table.table.value);
    Turn turn{&table, {table.table.value}};
    for (const auto& rule : table.rules) {
      for (const std::string& other : rule->references()) {
        if (path_.contains(other)) {
          if (std::find(turn.raw.begin(), turn.raw.end(), other) == turn.raw.end()) turn.raw.push_back(other);
        } else if (auto it = by_name_.find(other); it != by_name_.end()) {
          visit(*it->second);
        }
      }
    }
    path_.erase(table.table.value);
    done_.insert(table.table.value);
    turns_.push_back(std::move(turn));
  }

  std::map<std::string, const TableRules*> by_name_;
  std::set<std::string> path_;
  std::set<std::string> done_;
  std::vector<Turn> turns_;
};

bool is_fault_of_rule(const Error& error) {
  return error.code == ErrorCode::kInvalidInput || error.code == ErrorCode::kPrecondition || error.code == ErrorCode::kNotFound ||
         error.code == ErrorCode::kDenied || error.code == ErrorCode::kUnsupported;
}

class TableCheck {
 public:
  TableCheck(const Turn& turn, fabric::Fabric& fabric, const CheckOptions& options, Quarantine& quarantine)
      : turn_(turn), fabric_(fabric), options_(options), quarantine_(quarantine), lookup_(fabric.lake()) {}

  Result<TableResult> run() {
    out_.table = turn_.table->table.value;
    auto version = fabric_.lake().table(lake_table(out_.table), fabric_.lake().current());
    if (!version && version.error().code == ErrorCode::kNotFound) {
      out_.verdict = Verdict::kWarn;
      out_.note = {fmt::format("{} has not been read yet; nothing was judged", out_.table),
                   fmt::format("{} 尚未读取，未作检查", out_.table)};
      return std::move(out_);
    }
    if (!version) return fail(std::move(version).error());
    out_.held_back_before = version->rejected;
    prepare(*version);
    SINAN_CHECK(isolate_faults(true, &TableCheck::first_batch, "the rules cannot be judged together"));
    SINAN_CHECK(isolate_faults(false, &TableCheck::measure, "the table cannot be measured"));
    SINAN_CHECK(rows());
    if (!held_back_.empty() || out_.held_back_before > 0) {
      SINAN_TRY([[maybe_unused]] auto committed, fabric_.lake().reject(lake_table(out_.table), held_back_));
    }
    conclude();
    return std::move(out_);
  }

 private:
  void prepare(const lake::TableVersion& version) {
    schema_ = version.schema;
    for (const auto& column : turn_.table->key) key_.push_back(column.value);
    if (key_.empty()) key_ = version.key;
    for (const auto& rule : turn_.table->rules) {
      const RuleSettings& settings = rule->settings();
      RuleResult result;
      result.id = settings.id;
      result.kind = settings.kind;
      result.place = settings.place.text();
      result.severity = settings.severity;
      result.judges_rows = rule->judges_rows();
      out_.rules.push_back(std::move(result));
      sound_.push_back(true);
    }
  }

  PlanContext context() const { return {out_.table, schema_, key_, "", options_.now, options_.zone, lookup_}; }

  std::vector<const Rule*> sound_rules() const {
    std::vector<const Rule*> out;
    for (std::size_t i = 0; i < sound_.size(); ++i)
      if (sound_[i]) out.push_back(turn_.table->rules[i].get());
    return out;
  }
  std::vector<const RowRule*> sound_row_rules() const {
    std::vector<const RowRule*> out;
    for (const Rule* rule : sound_rules())
      if (rule->judges_rows()) out.push_back(dynamic_cast<const RowRule*>(rule));
    return out;
  }
  RuleResult& result_of(const Rule* rule) {
    for (std::size_t i = 0; i < sound_.size(); ++i)
      if (turn_.table->rules[i].get() == rule) return out_.rules[i];
    broken("rule of another table");
  }

  Result<std::unique_ptr<fabric::Rows>> query(const std::string& sql) const {
    fabric::QueryOptions query;
    query.at = fabric_.lake().current();
    query.cancel = options_.cancel;
    if (sql.find(kNow) != std::string::npos) query.parameters.emplace_back("now", format_timestamp(options_.now));
    for (const std::string& table : turn_.raw) query.with_rejected.push_back(lake_table(table));
    return fabric_.query(options_.principal, sql, query);
  }

  Status dry_run(const Rule* rule) const {
    std::string sql;
    if (rule->judges_rows()) {
      SINAN_TRY(sql, bad_rows_sql({dynamic_cast<const RowRule*>(rule)}, context()));
    } else {
      SINAN_TRY(Facts facts, facts_sql({rule}, context()));
      sql = facts.sql;
    }
    SINAN_TRY(auto rows, query(sql));
    Batch batch;
    SINAN_TRY([[maybe_unused]] bool more, rows->next(batch));
    return {};
  }

  // One rule with SQL that raises must not hide what the others find: when all fail together, each is tried alone.
  Status isolate_faults(bool judges_rows, Status (TableCheck::*judge)(), std::string_view problem) {
    auto tried = (this->*judge)();
    if (tried) return {};
    if (!is_fault_of_rule(tried.error())) return fail(std::move(tried).error());
    bool found = false;
    for (std::size_t i = 0; i < sound_.size(); ++i) {
      const Rule* rule = turn_.table->rules[i].get();
      if (rule->judges_rows() != judges_rows) continue;
      auto alone = dry_run(rule);
      if (alone) continue;
      if (!is_fault_of_rule(alone.error())) return fail(std::move(alone).error());
      sound_[i] = false;
      found = true;
      out_.rules[i].error = alone.error().text();
    }
    if (!found) return fail(std::move(tried).error().within(std::string(problem), out_.table));
    return (this->*judge)();
  }

  // Sorting is the last step of the statement, so that every error shows itself before the first row comes.
  Status first_batch() {
    rows_.reset();
    auto rules = sound_row_rules();
    if (rules.empty()) return {};
    SINAN_TRY(std::string sql, bad_rows_sql(rules, context()));
    SINAN_TRY(rows_, query(sql));
    SINAN_TRY(more_, rows_->next(batch_));
    return {};
  }

  Status measure() {
    auto rules = sound_rules();
    SINAN_TRY(Facts facts, facts_sql(rules, context()));
    SINAN_TRY(auto rows, query(facts.sql));
    Batch batch;
    SINAN_TRY(bool more, rows->next(batch));
    if (!more || batch.rows() != 1) broken("an aggregate yields one row");
    auto number = [&](std::size_t column) -> std::optional<std::int64_t> {
      if (batch.columns[column].is_null(0)) return std::nullopt;
      return batch.columns[column].ints[0];
    };
    out_.rows = number(0).value_or(0);
    for (const Rule* rule : rules) result_of(rule).judged = out_.rows;
    std::size_t column = 1;
    for (const Rule* rule : facts.judged) result_of(rule).judged = number(column++).value_or(0);
    for (const auto& [rule, count] : facts.measured) {
      std::vector<std::optional<std::int64_t>> measured;
      for (std::size_t i = 0; i < count; ++i) measured.push_back(number(column++));
      judge_table(*rule, rule->judge(measured, options_.now));
    }
    return {};
  }

  void judge_table(const TableRule& rule, TableFinding finding) {
    RuleResult& result = result_of(&rule);
    if (!finding.broken) return;
    result.broken = 1;
    result.broken_percent = finding.measured_percent;
    Text advice = result.advice = rule.advice(source());
    result.recommendation = {fmt::format("{}: {}. {}", out_.table, finding.reason.en, advice.en),
                             fmt::format("{}:{}。{}", out_.table, finding.reason.zh, advice.zh)};
    result.examples.push_back({"", std::move(finding.reason)});
  }

  Status rows() {
    auto rules = sound_row_rules();
    for (; rows_ && more_;) {
      for (std::size_t row = 0; row < batch_.rows(); ++row) SINAN_CHECK(judge_row(rules, row));
      SINAN_TRY(more_, rows_->next(batch_));
      if (options_.cancel) SINAN_CHECK(options_.cancel->check());
    }
    rows_.reset();
    out_.held_back = static_cast<std::int64_t>(held_back_.size());
    return {};
  }

  Status judge_row(const std::vector<const RowRule*>& rules, std::size_t row) {
    std::size_t number = schema_.fields.size();  // the column of `_row`
    BadRow bad(schema_, batch_, row);
    bool hold = false;
    bool keep = static_cast<std::int64_t>(held_back_.size()) < options_.max_quarantine_rows;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (batch_.columns[number + 1 + i].ints[row] == 0) continue;
      RuleResult& result = result_of(rules[i]);
      ++result.broken;
      bool holds = result.severity != Severity::kWarn;
      hold = hold || holds;
      if (result.examples.size() >= kExamples && !(holds && keep)) continue;
      Text reason = rules[i]->reason(bad);
      std::string key = key_text(row);
      if (holds && keep)
        SINAN_CHECK(quarantine_.add({out_.table, key, result.id, options_.language == "zh" ? reason.zh : reason.en, options_.run_id},
                                    schema_, batch_, row));
      if (result.examples.size() < kExamples) result.examples.push_back({shown_value(key), std::move(reason)});
    }
    if (hold) held_back_.push_back(batch_.columns[number].ints[row]);
    return {};
  }

  std::string key_text(std::size_t row) const {
    std::string out;
    for (const std::string& column : key_) {
      auto index = schema_.index_of(column);
      if (!out.empty()) out += " / ";
      if (index) out += batch_.columns[*index].to_text(row);
    }
    if (key_.empty()) out = fmt::format("row {}", batch_.columns[schema_.fields.size()].ints[row]);
    return out;
  }

  std::string source() const { return out_.table.substr(0, out_.table.find('.')); }

  void conclude() {
    for (std::size_t i = 0; i < sound_.size(); ++i) {
      RuleResult& result = out_.rules[i];
      const Rule& rule = *turn_.table->rules[i];
      if (result.judges_rows && result.judged > 0)
        result.broken_percent = 100.0 * static_cast<double>(result.broken) / static_cast<double>(result.judged);
      result.verdict = verdict_of(result, rule.settings());
      if (result.judges_rows && result.broken > 0) recommend(result, rule);
      if (!result.error.empty())
        result.recommendation = {
            fmt::format("{}: the rule {} at {} cannot be judged: {}. Correct the rule.", out_.table, result.id, result.place, result.error),
            fmt::format("{}：规则 {}（{}）无法执行：{}。请修正该规则。", out_.table, result.id, result.place, result.error)};
      out_.verdict = std::max(out_.verdict, result.verdict);
    }
    double held_percent = out_.rows ? 100.0 * static_cast<double>(out_.held_back) / static_cast<double>(out_.rows) : 0;
    if (held_percent > turn_.table->warn_above_percent) out_.verdict = std::max(out_.verdict, Verdict::kWarn);
    const bool too_many = held_percent > turn_.table->stop_above_percent;
    if (too_many) out_.verdict = Verdict::kStop;
    if (out_.verdict == Verdict::kStop) out_.stop = why_it_stops(too_many);
  }

  // The words of the first rule that stops; of too many rows together, of the rule that refused most.
  Text why_it_stops(bool too_many) const {
    const RuleResult* cause = nullptr;
    for (const RuleResult& rule : out_.rules)
      if (!cause && rule.verdict == Verdict::kStop) cause = &rule;
    if (cause) return cause->recommendation;
    if (!too_many) broken("a table stops by a rule or by too many rows");
    for (const RuleResult& rule : out_.rules)
      if (rule.judges_rows && rule.severity != Severity::kWarn && (!cause || rule.broken > cause->broken)) cause = &rule;
    if (!cause) broken("rows were held back by a rule");
    const double most = turn_.table->stop_above_percent;
    return {fmt::format("{}: {} of {} rows are held back, more than stop_above_percent: {:g} allows; most by the rule {}. {}", out_.table,
                        out_.held_back, out_.rows, most, cause->id, cause->recommendation.en),
            fmt::format("{}：{} 行中有 {} 行被隔离，超过 stop_above_percent: {:g}；最多的是规则 {}。{}", out_.table, out_.rows,
                        out_.held_back, most, cause->id, cause->recommendation.zh)};
  }

  static Verdict verdict_of(const RuleResult& result, const RuleSettings& settings) {
    if (!result.error.empty()) return Verdict::kStop;
    if (result.broken == 0) return Verdict::kOk;
    double stop = settings.stop_above_percent.value_or(settings.severity == Severity::kStop ? 0 : 101);
    if (result.broken_percent > stop) return Verdict::kStop;
    return result.broken_percent > settings.warn_above_percent.value_or(0) ? Verdict::kWarn : Verdict::kOk;
  }

  void recommend(RuleResult& result, const Rule& rule) const {
    bool holds = result.severity != Severity::kWarn;
    Text advice = result.advice = rule.advice(source());
    const Example& first = result.examples.front();
    result.recommendation.en = fmt::format("{}: {} of {} rows ({:.2f} %) break {}, for example {}: {}. {} {}", out_.table, result.broken,
                                           result.judged, result.broken_percent, result.id, first.key, first.reason.en,
                                           holds ? "They are held back until they are mended." : "They go on.", advice.en);
    result.recommendation.zh = fmt::format("{}：{} 行中有 {} 行（{:.2f}%）违反规则 {}，例如 {}：{}。{}{}", out_.table, result.judged,
                                           result.broken, result.broken_percent, result.id, first.key, first.reason.zh,
                                           holds ? "这些行已被隔离，修正后自动恢复。" : "这些行照常使用。", advice.zh);
  }

  const Turn& turn_;
  fabric::Fabric& fabric_;
  const CheckOptions& options_;
  Quarantine& quarantine_;
  LakeLookup lookup_;
  Schema schema_;
  std::vector<std::string> key_;
  std::vector<bool> sound_;  // rules that can be judged
  std::unique_ptr<fabric::Rows> rows_;
  Batch batch_;
  bool more_ = false;
  std::vector<std::int64_t> held_back_;
  TableResult out_;
};

}  // namespace

Result<Report> check(const Config& config, fabric::Fabric& fabric, const CheckOptions& options) {
  Report report;
  report.run_id = options.run_id;
  SINAN_TRY(auto quarantine, Quarantine::start(fabric.lake()));
  Order order(config);
  for (const Turn& turn : order.turns()) {
    auto started = std::chrono::steady_clock::now();
    if (options.cancel) SINAN_CHECK(options.cancel->check());
    auto result = TableCheck(turn, fabric, options, *quarantine).run();
    if (!result) return fail(std::move(result).error().within("the rules cannot be judged", turn.table->table.value));
    result->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    report.verdict = std::max(report.verdict, result->verdict);
    report.tables.push_back(std::move(*result));
  }
  SINAN_TRY(report.version, quarantine->commit());
  std::sort(report.tables.begin(), report.tables.end(), [](const TableResult& a, const TableResult& b) { return a.table < b.table; });
  return report;
}

}  // namespace sinan::quality
