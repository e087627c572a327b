// The present of `now: from_data`: the first moment of the day after the newest sale.
//
// Every command needs it, and finding it reads all sales. So the newest time is kept in the store with what it was found in: the versions
// of the lake tables below ops.sales, and the views. It is found again when one of them is another.
#pragma once

#include <optional>

#include "base/workspace.hpp"
#include "data/fabric/fabric.hpp"

namespace sinan::runtime {

class Present {
 public:
  // All must outlive it.
  static Result<Present> open(const Workspace& workspace, storage::Store& store, const lake::Lake& lake, fabric::Fabric& fabric);

  // nullopt while there are no sales. kInvalidInput: ops.sales.sold_at is no timestamp.
  Result<std::optional<Instant>> find() const;

 private:
  Present(const Workspace& workspace, storage::Store& store, const lake::Lake& lake, fabric::Fabric& fabric)
      : workspace_(&workspace), store_(&store), lake_(&lake), fabric_(&fabric) {}
  // What the newest sale depends on; kNotFound before the first sync.
  Result<std::string> basis(lake::Version at) const;
  Result<std::optional<Instant>> newest_sale(lake::Version at) const;
  std::optional<Instant> day_after(std::optional<Instant> sale) const;

  const Workspace* workspace_;
  storage::Store* store_;
  const lake::Lake* lake_;
  fabric::Fabric* fabric_;
};

}  // namespace sinan::runtime
