// The scans below a query: tables of sources as the source gives them, and governed tables, which are all that the engine of a caller
// without trust ever sees. Internal to data/fabric.
#pragma once

#include "data/fabric/fabric.hpp"
#include "data/fabric/policy.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::fabric {

// One instance of a source, with the one snapshot that all scans of a query read. Thread-safe by its lock: engines scan from many threads.
class SourceSession {
 public:
  static Result<std::shared_ptr<SourceSession>> open(const SourceHandle& handle, const CancelToken* cancel);

  const std::string& name() const { return name_; }
  const std::string& kind() const { return kind_; }
  // By the name of the source, or else regardless of case. kNotFound suggests others.
  Result<sources::TableInfo> describe(const std::string& table);
  Result<std::vector<sources::TableInfo>> discover();
  Pushdown pushdown(const std::string& table, const Filter& filter);
  std::string explain(const sources::ScanRequest& request);
  Result<std::unique_ptr<sources::Scan>> scan(const sources::ScanRequest& request);
  Result<bool> next(sources::Scan& scan, Batch& batch);
  void end(std::unique_ptr<sources::Scan> scan);

 private:
  std::mutex mutex_;
  std::string name_;
  std::string kind_;
  std::unique_ptr<sources::Source> source_;
  std::unique_ptr<sources::Snapshot> snapshot_;  // from the first scan on
};

// Conditions that stayed above a scan, with the reason; each once, in order.
class KeptConditions {
 public:
  void add(const std::string& condition, const std::string& reason);
  std::vector<std::pair<std::string, std::string>> list() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> list_;
};

// A table of a source, raw: for trusted callers, and below a governed table.
class SourceTable final : public duck::TableProvider {
 public:
  SourceTable(std::shared_ptr<SourceSession> session, sources::TableInfo info, bool push = true);

  const Schema& schema() const override { return info_.schema; }
  std::string name() const override { return session_->name() + "." + info_.name; }
  Pushdown pushdown(const Filter& filter) const override;
  std::optional<std::uint64_t> estimated_rows() const override { return info_.estimated_rows; }
  void kept(const std::string& condition, const std::string& reason) const override { kept_.add(condition, reason); }
  Result<std::unique_ptr<duck::Reader>> open(const duck::StreamRequest& request) const override;

  const sources::TableInfo& info() const { return info_; }
  SourceSession& session() const { return *session_; }
  const KeptConditions& kept_conditions() const { return kept_; }
  // The filters that it took while a plan was made; for explanations of one scan.
  std::vector<Filter> taken() const;

 private:
  std::shared_ptr<SourceSession> session_;
  sources::TableInfo info_;
  bool push_;
  mutable std::mutex mutex_;
  mutable std::vector<Filter> taken_;
  mutable KeptConditions kept_;
};

// A table as one caller may see it. Its rows come from a query in the trusted engine that applies the row filter and the masks; of the
// caller's conditions it takes the comparisons with constants on columns that no mask covers, which cannot fail.
class GovernedTable final : public duck::TableProvider {
 public:
  struct Options {
    std::string name;  // "erp.orders"
    std::string from;  // FROM expression in the trusted engine
    Schema raw;        // of `from`
    Access access;
    std::string user;
    const CancelToken* cancel = nullptr;
    bool push = true;
  };
  GovernedTable(duck::Database trusted, Options options, std::shared_ptr<const void> keep);

  const Schema& schema() const override { return options_.access.schema; }
  std::string name() const override { return options_.name; }
  Pushdown pushdown(const Filter& filter) const override;
  void kept(const std::string& condition, const std::string& reason) const override;
  Result<std::unique_ptr<duck::Reader>> open(const duck::StreamRequest& request) const override;

  // The query in the trusted engine; `where` is an additional condition as SQL. `with_rows` = false leaves the row filter out: only to
  // learn what becomes of the caller's own conditions, never to read.
  std::string sql(const std::vector<std::size_t>& columns, const std::string& where, bool with_rows = true) const;
  duck::QueryOptions query_options() const;
  const KeptConditions& kept_conditions() const { return kept_; }
  const Options& options() const { return options_; }

 private:
  duck::Database trusted_;
  Options options_;
  std::shared_ptr<const void> keep_;  // the raw table's registration
  mutable KeptConditions kept_;
};

}  // namespace sinan::fabric
