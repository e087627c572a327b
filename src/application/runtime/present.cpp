#include "application/runtime/present.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::runtime {
namespace {

constexpr std::string_view kNewestSale = "SELECT max(sold_at) FROM ops.sales";

const storage::Migrations& migrations() {
  static const storage::Migrations kMigrations{"present", {"CREATE TABLE newest_sale (basis TEXT NOT NULL, sold_at_us INTEGER) STRICT"}};
  return kMigrations;
}

// Views that ask the clock find something else tomorrow.
bool asks_the_clock(const Workspace& workspace) {
  return std::ranges::any_of(workspace.files("model"), [](const WorkspaceFile* file) {
    const std::string text = lowercase(file->text);
    return std::ranges::any_of(std::array{"now(", "current_date", "current_time", "today("},
                               [&](const char* word) { return text.contains(word); });
  });
}

// What is kept of this basis: nullopt, nothing; else the time, where there is one.
Result<std::optional<std::optional<Instant>>> kept(storage::Store& store, const std::string& basis) {
  std::optional<std::optional<Instant>> out;
  SINAN_CHECK(store.read([&](storage::Session& session) {
    return session.query("SELECT sold_at_us FROM newest_sale WHERE basis = ?", {basis}, [&](const storage::Row& row) -> Status {
      out.emplace();
      if (!row.is_null(0)) out->emplace(std::chrono::microseconds{row.integer(0)});
      return {};
    });
  }));
  return out;
}

Status keep(storage::Store& store, const std::string& basis, std::optional<Instant> newest) {
  return store.transact([&](storage::Session& session) -> Status {
    SINAN_CHECK(session.execute("DELETE FROM newest_sale"));
    const storage::Cell at = newest ? storage::Cell(newest->time_since_epoch().count()) : storage::Cell(nullptr);
    SINAN_CHECK(session.execute("INSERT INTO newest_sale VALUES (?, ?)", {basis, at}));
    return {};
  });
}

}  // namespace

Result<Present> Present::open(const Workspace& workspace, storage::Store& store, const lake::Lake& lake, fabric::Fabric& fabric) {
  SINAN_CHECK(store.migrate(migrations()));
  return Present(workspace, store, lake, fabric);
}

Result<std::optional<Instant>> Present::find() const {
  const lake::Version at = lake_->current();
  if (at == 0) return std::nullopt;
  Result<std::string> found_in = basis(at);
  if (!found_in) {
    // Before the first sync the lake lacks the tables below ops.sales.
    if (found_in.error().code == ErrorCode::kNotFound) return std::nullopt;
    // A live table has no version to keep the time by.
    if (found_in.error().code == ErrorCode::kPrecondition) {
      SINAN_TRY(const auto newest, newest_sale(at));
      return day_after(newest);
    }
    return fail(std::move(found_in.error()).within("now: from_data needs the newest time of ops.sales"));
  }
  SINAN_TRY(auto known, kept(*store_, *found_in));
  if (!known) {
    SINAN_TRY(known, newest_sale(at));
    if (asks_the_clock(*workspace_)) return day_after(*known);
    // Where it cannot be kept, on a full disk or beside a long write, the next command finds it again.
    (void)keep(*store_, *found_in, *known).has_value();
  }
  return day_after(*known);
}

std::optional<Instant> Present::day_after(std::optional<Instant> sale) const {
  if (!sale) return std::nullopt;
  return workspace_->zone().start_of(workspace_->zone().day_of(*sale) + std::chrono::days{1});
}

Result<std::string> Present::basis(lake::Version at) const {
  SINAN_TRY(const auto tables, fabric_->reads(system_principal("clock"), kNewestSale, {.at = at}));
  std::string out;
  for (const lake::TableVersion& table : tables) out += fmt::format("{} {}\n", table.name, table.version);
  for (const WorkspaceFile* file : workspace_->files("model")) out += fmt::format("{}\n{}\n", file->path.filename().string(), file->text);
  return secrets::sha256(out);
}

Result<std::optional<Instant>> Present::newest_sale(lake::Version at) const {
  SINAN_TRY(const Table table, fabric::query_table(*fabric_, system_principal("clock"), kNewestSale, {.at = at}, 1));
  const Column& newest = table.batches.at(0).columns.at(0);
  if (newest.is_null(0)) return std::nullopt;
  if (newest.type.id != TypeId::kTimestamp)
    return fail(ErrorCode::kInvalidInput, "ops.sales.sold_at must be a timestamp; cast it in the view", "model/sales.sql");
  return Instant{std::chrono::microseconds{newest.ints[0]}};
}

}  // namespace sinan::runtime
