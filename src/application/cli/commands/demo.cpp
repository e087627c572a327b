// `sinan demo create|advance`: the example company, and the passing of its time.
#include "application/cli/command.hpp"
#include "application/example/example.hpp"
#include "operations/reports/numbers.hpp"

namespace sinan::cli {
namespace {

using reports::counted;

Result<int> create_demo(Invocation& invocation) {
  example::CreateOptions options;
  options.dir = invocation.path("directory");
  SINAN_TRY(std::int64_t seed, invocation.integer("seed", 1));
  options.seed = static_cast<std::uint64_t>(seed);
  SINAN_TRY(options.items, invocation.integer("items", options.items));
  SINAN_TRY(options.locations, invocation.integer("locations", options.locations));
  SINAN_TRY(options.days, invocation.integer("days", options.days));
  options.postgres = invocation.text("postgres");
  options.mariadb = invocation.text("mariadb");
  options.now = invocation.now ? *invocation.now : SystemClock().now();
  SINAN_TRY(auto made, example::create(options, invocation.progress("making the company"), invocation.cancel));
  if (invocation.json)
    invocation.print_json(Json{{"items", made.items},
                               {"locations", made.locations},
                               {"sales", made.sales},
                               {"purchase_orders", made.purchase_orders},
                               {"broken_rows", made.broken_rows},
                               {"first", format_date(made.first)},
                               {"last", format_date(made.last)}});
  else
    invocation.say(fmt::format("{} in {}, {} from {} to {}. Next: sinan -C {} run", counted(made.items, "item", "items"),
                               counted(made.locations, "warehouse", "warehouses"), counted(made.sales, "sale", "sales"),
                               format_date(made.first), format_date(made.last), options.dir.string()));
  return 0;
}

Result<int> advance_demo(Invocation& invocation) {
  SINAN_TRY(std::int64_t days, invocation.integer("days", 1));
  SINAN_TRY(auto passed, example::advance(invocation.path("directory"), days));
  if (!invocation.json && passed.finished_days > 0)
    invocation.say(fmt::format("an earlier advance was cut off after its {} days had happened; they count", passed.finished_days));
  if (invocation.json)
    invocation.print_json(Json{{"days", passed.days},
                               {"finished_days", passed.finished_days},
                               {"sales", passed.sales},
                               {"units_sold", passed.units_sold},
                               {"units_lost", passed.units_lost},
                               {"orders_received", passed.orders_received},
                               {"orders_late", passed.orders_late},
                               {"last", format_date(passed.last)}});
  else
    invocation.say(fmt::format("{} passed, now after {}: {} sold, {} lost, {} received ({} late)", counted(passed.days, "day", "days"),
                               format_date(passed.last), counted(passed.units_sold, "unit", "units"), passed.units_lost,
                               counted(passed.orders_received, "order", "orders"), passed.orders_late));
  return 0;
}

const OptionInfo kDirectory{.name = "directory", .value = "DIR", .summary = "The company's folder", .required = true, .positional = true};

}  // namespace

CommandInfo demo_create() {
  return {
      .name = "demo create",
      .summary = "Make an example company with two years of history",
      .details = "Its truth (which rows are broken, what demand was behind a stock-out) goes to DIR.truth.",
      .options = {kDirectory,
                  {.name = "seed", .value = "N", .summary = "The same seed makes the same company; default 1"},
                  {.name = "items", .value = "N", .summary = "Items; default 2000"},
                  {.name = "locations", .value = "N", .summary = "Warehouses, at most 5; default 5"},
                  {.name = "days", .value = "N", .summary = "Days of history; default 730"},
                  {.name = "postgres", .value = "URL", .summary = "Keep the ERP in this empty PostgreSQL database"},
                  {.name = "mariadb", .value = "URL", .summary = "Keep the CRM in this empty MariaDB database"}},
      .examples = {"sinan demo create acme"},
      .run = create_demo,
  };
}

CommandInfo demo_advance() {
  return {
      .name = "demo advance",
      .summary = "Let days pass in an example company",
      .details = {},
      .options = {kDirectory, {.name = "days", .value = "N", .summary = "Days; default 1"}},
      .examples = {"sinan demo advance acme --days 3"},
      .run = advance_demo,
  };
}

}  // namespace sinan::cli
