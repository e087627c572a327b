// Where items at places stand today: what was sold so far, and what the night says of the rest by now.
#include <cmath>

#include "application/api/api.hpp"
#include "application/api/wire.hpp"

namespace sinan::api {
namespace {

std::string quantity(double value) { return Decimal::capped(value).text(); }
// Ratios and probabilities, to four digits.
Json ratio(double value) { return std::isfinite(value) ? Json(std::round(value * 1e4) / 1e4) : Json(nullptr); }

Json to_json(const demand::LiveStand& s) {
  Json quantiles = Json::object();
  for (std::size_t q = 0; q < s.quantiles.size(); ++q)
    quantiles[demand::quantile_name(demand::quantile_levels()[q])] = quantity(s.quantiles[q]);
  Json burst = nullptr;
  if (s.burst_seen)
    burst = {{"running", s.burst_confidence > 0},
             {"size", s.burst_confidence > 0 ? ratio(s.burst_size) : Json(nullptr)},
             {"confidence", ratio(s.burst_confidence)},
             {"promotion", s.promotion},
             {"seen_at", format_rfc3339(*s.burst_seen)}};
  return {{"item_id", s.item_id},
          {"location_id", s.location_id},
          {"day", format_date(s.day)},
          {"begins_at", format_rfc3339(s.begins)},
          {"ends_at", format_rfc3339(s.ends)},
          {"sold", s.sold.text()},
          {"sales", s.sales},
          {"newest_at", s.newest ? Json(format_rfc3339(*s.newest)) : Json(nullptr)},
          {"expected", quantity(s.expected)},
          {"forecast", quantity(s.day_mean)},
          {"level", ratio(s.level)},
          {"rest", quantity(s.rest)},
          {"surprise", ratio(s.surprise)},
          {"burst", std::move(burst)},
          {"lead_days", s.lead_days},
          {"lead_mean", quantity(s.lead)},
          {"lead_quantiles", std::move(quantiles)},
          {"model_version", s.model_version}};
}

Json now_json(const demand::LiveNow& now) {
  return {{"now", format_rfc3339(now.now)}, {"since", format_rfc3339(now.since)}, {"lake_version", now.version}};
}

Status expect_live(const ApiContext& context) {
  if (!context.live) return fail(ErrorCode::kUnsupported, "this server does not follow sales");
  return {};
}

Result<Json> list_live(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(expect_live(context));
  SINAN_CHECK(known_parameters(request, {"item_id", "location_id", "burst", "limit", "offset"}));
  const std::string burst = text_parameter(request, "burst");
  if (!burst.empty() && burst != "true" && burst != "false") return fail(ErrorCode::kInvalidInput, "burst is true or false", "burst");
  SINAN_TRY(const std::int64_t limit, integer_parameter(request, "limit", 50, 1, 500));
  SINAN_TRY(const std::int64_t offset, integer_parameter(request, "offset", 0, 0, demand::kMostLiveSeries));
  SINAN_TRY(demand::LivePage page, context.live->farthest(context.user, {.item_id = text_parameter(request, "item_id"),
                                                                         .location_id = text_parameter(request, "location_id"),
                                                                         .bursting = burst == "true",
                                                                         .limit = static_cast<std::size_t>(limit),
                                                                         .offset = static_cast<std::size_t>(offset)}));
  Json out = now_json(context.live->now());
  out["items"] = Json::array();
  for (const demand::LiveStand& stand : page.items) out["items"].push_back(to_json(stand));
  out["next_offset"] = page.more ? Json(offset + limit) : Json(nullptr);
  return out;
}

Result<Json> show_live(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(expect_live(context));
  SINAN_CHECK(known_parameters(request, {}));
  SINAN_TRY(const demand::LiveStand stand,
            context.live->stand(context.user, request.parameter("item_id"), request.parameter("location_id")));
  Json out = now_json(context.live->now());
  out.update(to_json(stand));
  return out;
}

}  // namespace

std::vector<http::Route> live_routes(const ApiContext& context) {
  return {
      {http::Method::kGet, "/api/v1/live", [context](const http::Request& r) { return answer(list_live(context, r)); }},
      {http::Method::kGet, "/api/v1/live/{item_id}/{location_id}",
       [context](const http::Request& r) { return answer(show_live(context, r)); }},
  };
}

}  // namespace sinan::api
