// Sales as they happen, posted by those who make them: kept in memory, held against what the night said.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "application/api/api.hpp"
#include "application/api/wire.hpp"

namespace sinan::api {
namespace {

constexpr std::size_t kMostInRequest = 5'000;
constexpr std::size_t kMostIdBytes = 200;
constexpr std::int64_t kMostQuantity = 10'000'000;  // units of one sale
const std::vector<std::string> kKeys{"id", "item_id", "location_id", "time", "quantity"};

Result<std::string> name_in(const Json& sale, const std::string& key) {
  auto it = sale.find(key);
  if (it == sale.end() || !it->is_string()) return fail(ErrorCode::kInvalidInput, key + " must be a text", key);
  auto text = it->get<std::string>();
  if (text.empty()) return fail(ErrorCode::kInvalidInput, key + " is empty", key);
  if (text.size() > kMostIdBytes) return fail(ErrorCode::kLimit, fmt::format("{} is longer than {} bytes", key, kMostIdBytes), key);
  return text;
}

// With a time of day and an offset: what lacks them would be counted at a moment that nobody meant.
Result<Instant> time_in(const Json& sale) {
  const char* form = "time must be a text as 2026-03-01T08:15:00Z or 2026-03-01T09:15:00+01:00";
  auto it = sale.find("time");
  if (it == sale.end() || !it->is_string()) return fail(ErrorCode::kInvalidInput, form, "time");
  const auto text = it->get<std::string>();
  const auto at = parse_instant(text);
  const bool has_offset = text.ends_with('Z') || (text.size() > 6 && (text[text.size() - 6] == '+' || text[text.size() - 6] == '-'));
  if (!at || text.size() < 17 || text[10] != 'T' || !has_offset) return fail(ErrorCode::kInvalidInput, form, "time");
  return *at;
}

Result<Decimal> quantity_in(const Json& sale) {
  const char* form = "quantity must be a decimal number as text, such as \"2.5\"; below zero for a return";
  auto it = sale.find("quantity");
  if (it == sale.end() || !it->is_string()) return fail(ErrorCode::kInvalidInput, form, "quantity");
  const auto& text = it->get_ref<const std::string&>();
  const auto quantity = Decimal::parse(text);
  if (!quantity) {
    if (text.size() > 15 && text.find_first_not_of("+-.0123456789") == std::string::npos)
      return fail(ErrorCode::kLimit, fmt::format("quantity has more than four decimals, or is beyond {} units", kMostQuantity), "quantity");
    return fail(ErrorCode::kInvalidInput, form, "quantity");
  }
  if (*quantity == Decimal()) return fail(ErrorCode::kInvalidInput, "quantity is zero: that is no sale", "quantity");
  if (*quantity > Decimal::whole(kMostQuantity) || *quantity < Decimal::whole(-kMostQuantity))
    return fail(ErrorCode::kLimit, fmt::format("quantity is beyond {} units of one sale", kMostQuantity), "quantity");
  return *quantity;
}

Result<demand::LiveNotice> notice_of(const Json& sale) {
  if (!sale.is_object()) return fail(ErrorCode::kInvalidInput, "a sale must be an object");
  for (const auto& [key, value] : sale.items())
    if (std::ranges::find(kKeys, key) == kKeys.end())
      return fail(ErrorCode::kInvalidInput, fmt::format("unknown key; there are: {}", fmt::join(kKeys, ", ")), key);
  demand::LiveNotice out;
  SINAN_TRY(out.id, name_in(sale, "id"));
  SINAN_TRY(out.item_id, name_in(sale, "item_id"));
  SINAN_TRY(out.location_id, name_in(sale, "location_id"));
  SINAN_TRY(out.at, time_in(sale));
  SINAN_TRY(out.quantity, quantity_in(sale));
  return out;
}

Json id_of(const Json& sale) {
  if (!sale.is_object()) return nullptr;
  auto it = sale.find("id");
  return it != sale.end() && it->is_string() && it->get_ref<const std::string&>().size() <= kMostIdBytes ? *it : Json(nullptr);
}

// What is right is counted; what is wrong is told at its place.
Result<Json> post_sales(const ApiContext& context, const http::Request& request) {
  if (!context.live) return fail(ErrorCode::kUnsupported, "this server does not follow sales");
  SINAN_CHECK(context.people.expect(context.user, identity::kPostSales));
  SINAN_CHECK(known_parameters(request, {}));
  SINAN_TRY(const Json body, json_body(request, {"sales"}));
  auto sales = body.find("sales");
  if (sales == body.end() || !sales->is_array() || sales->empty())
    return fail(ErrorCode::kInvalidInput, "sales must be a list of one sale or more", "body.sales");
  if (sales->size() > kMostInRequest)
    return fail(ErrorCode::kLimit,
                fmt::format("{} sales in one request, of at most {}; send them in several", sales->size(), kMostInRequest), "body.sales");
  std::vector<demand::LiveNotice> notices;
  std::vector<std::size_t> positions;
  Json items = Json::array();
  for (std::size_t i = 0; i < sales->size(); ++i) {
    auto notice = notice_of((*sales)[i]);
    items.push_back({{"id", id_of((*sales)[i])}});
    if (notice) {
      notices.push_back(*std::move(notice));
      positions.push_back(i);
      continue;
    }
    const Error& error = notice.error();
    items[i]["status"] = "invalid";
    items[i]["message"] = error.message;
    items[i]["place"] = fmt::format("body.sales[{}]{}{}", i, error.place.empty() ? "" : ".", error.place);
  }
  SINAN_TRY(const std::vector<demand::SaleStatus> statuses, context.live->sell(context.user, notices));
  std::size_t accepted = 0;
  for (std::size_t k = 0; k < statuses.size(); ++k) {
    items[positions[k]]["status"] = demand::name(statuses[k]);
    accepted += statuses[k] == demand::SaleStatus::kAccepted;
  }
  return Json{{"accepted", accepted}, {"items", std::move(items)}};
}

}  // namespace

std::vector<http::Route> sales_routes(const ApiContext& context) {
  return {{http::Method::kPost, "/api/v1/sales", [context](const http::Request& r) { return answer(post_sales(context, r)); }}};
}

}  // namespace sinan::api
