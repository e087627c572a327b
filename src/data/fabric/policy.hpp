// Who sees which rows and columns of a table: `tables:` of policies/*.yaml. Internal to data/fabric.
//
//   tables:
//     erp.orders:                     # a table, or a pattern: "erp.*", "lake.*_orders"
//       planner: all                  # every column and row
//       sales_eu:
//         columns: [order_id, amount, customer, email]
//         rows: region = 'EU' AND manager = $user
//         masks: {email: hash, customer: partial}
//
// For each role of the caller the most exact pattern counts; a table that none names is closed. Several roles: rows add up, and of each
// column the weakest mask wins. $user is the caller. A filter that fails or is null denies the row.
#pragma once

#include "base/workspace.hpp"
#include "data/fabric/sql.hpp"
#include "platform/identity/principal.hpp"

namespace sinan::fabric {

// Weakest first. kPartial shows two characters; kHash shows what is equal, under the workspace's key, and what is null; kConstant and
// kNull show nothing.
enum class Mask : std::uint8_t { kNone, kPartial, kHash, kConstant, kNull };

struct Rule {
  bool all = false;  // every column, no filter, no mask
  std::optional<std::vector<Located<std::string>>> columns;
  Located<std::string> rows;
  std::map<std::string, Located<Mask>> masks;
};

// One line of the policy: pattern, role, rule.
struct Grant {
  std::string pattern;
  std::string role;
  Rule rule;
  Json condition;  // the tree of rule.rows, if there is one
  Place pattern_place;
  Place role_place;
};

// A table as one caller sees it.
struct Access {
  struct Column {
    std::size_t raw = 0;  // index into the raw schema
    Mask mask = Mask::kNone;
  };
  std::vector<Column> columns;
  Schema schema;                  // of the columns, after masks
  std::vector<std::string> rows;  // SQL conditions, of which one must hold; empty: every row
  bool total = true;              // no condition can raise an error
  bool asks_user = false;         // a condition holds $user
};

class Policies {
 public:
  // Every mistake of form goes to `diagnostics`, and its grant is left out.
  static Policies read(const Workspace& workspace, duck::Connection& parser, Diagnostics& diagnostics);

  // The grants of the caller for a table, one a role; empty: it is closed.
  std::vector<const Grant*> of(const Principal& principal, std::string_view table) const;
  const std::vector<Grant>& grants() const { return grants_; }

 private:
  std::vector<Grant> grants_;
};

// nullopt if no column is granted.
std::optional<Access> combine(const std::vector<const Grant*>& grants, const Schema& raw);

// A masked column as SQL over the raw one, in the type of Access::schema. The function sinan_mask(text) is the keyed hash.
std::string masked_sql(const Field& raw, Mask mask);
Type masked_type(const Type& raw, Mask mask);

// The WHERE of a governed scan; empty: every row.
std::string row_filter_sql(const Access& access);

Result<Mask> parse_mask(std::string_view text);

}  // namespace sinan::fabric
