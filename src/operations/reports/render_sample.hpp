// A day with everything in it, for the tests of the report.
#pragma once

#include <cmath>

#include "base/series.hpp"
#include "operations/reports/report_data.hpp"

namespace sinan::reports {

inline Money eur(double amount) { return {Decimal::round(amount), "EUR"}; }

inline void fill_sample_decisions(ReportData& data) {
  auto line = [](std::string id, std::string item, std::string name, std::string place, double quantity, double amount, std::string role,
                 Text why) {
    return DecisionLine{.id = std::move(id),
                        .kind = "purchase_order",
                        .state = "proposed",
                        .item_id = std::move(item),
                        .item_name = {name, ""},
                        .location_id = std::move(place),
                        .supplier_id = "S-17",
                        .quantity = {Decimal::round(quantity), "each"},
                        .amount = eur(amount),
                        .role = std::move(role),
                        .reason = std::move(why)};
  };
  DecisionGroup& waiting = data.decisions.waiting;
  waiting.lines = {
      line("D-20260301-0007", "HG-0412", "Stainless steel kettle 1.7 l, brushed, with thermometer and swivel base for left-handers",
           "hamburg", 480, 9120, "manager",
           {"Stock lasts 6 days, new stock needs 12; demand rises into March.", "库存可售 6 天，补货需 12 天；三月需求上升。"}),
      line("D-20260301-0009", "HG-1190", "Bamboo cutting board", "shanghai", 1200, 5400, "manager",
           {"Promotion from 8 March doubles demand.", "3 月 8 日起促销，需求翻倍。"}),
      line("D-20260301-0012", "SP-0031", "Gasket set <script>alert(1)</script> \xE2\x80\xAE gnp.exe", "hamburg", 40, 612.5, "buyer",
           {"Spare part; sold on 9 of the last 60 days.", "备件；近 60 天售出 9 天。"})};
  waiting.count = 3;
  waiting.totals = {eur(15132.5)};
  data.decisions.waiting_by_role = {{"manager", 2}, {"buyer", 1}};
  DecisionGroup& automatic = data.decisions.automatic;
  for (int i = 0; i < 5; ++i) {
    automatic.lines.push_back(line("D-20260301-01" + std::to_string(i), "HG-02" + std::to_string(i),
                                   i % 2 ? "Glass jar 0.5 l" : "Linen tea towel", "madrid", 60 + 12 * i, 412.4 - 50 * i, "",
                                   {"Below its reorder point of 96.", "低于再订货点 96。"}));
    automatic.lines.back().state = "executed";
  }
  automatic.count = 47;
  automatic.totals = {eur(12318.2)};
  data.decisions.origins = {{{"Decisions", "决策"}, "sinan decisions list --run cycle-20260301-1 --json"}};
}

inline void fill_sample_risk(ReportData& data) {
  RiskSection& risk = data.risk;
  risk.run_out_items = 12;
  risk.run_out_covered = 9;
  risk.run_out_lines = 14;
  risk.at_stake = eur(18240);
  Date day = data.day;
  risk.run_out = {
      {"HG-0412",
       {"Stainless steel kettle 1.7 l, brushed, with thermometer", ""},
       "hamburg",
       84,
       0,
       14,
       6,
       12,
       day + std::chrono::days{6},
       std::nullopt,
       eur(6300)},
      {"HG-0077",
       {"硅胶锅铲（耐高温 260℃）", ""},
       "shanghai",
       31,
       200,
       16.5,
       1.9,
       5,
       day + std::chrono::days{1},
       day + std::chrono::days{3},
       eur(1980)},
      {"HG-1190", {"Bamboo cutting board", ""}, "shanghai", 220, 0, 51.2, 4.3, 9, day + std::chrono::days{4}, std::nullopt, eur(940.25)}};
  risk.surplus_lines = 210;
  risk.tied_up = eur(148900);
  risk.surplus = {{"HG-0901", {"Garden torch", ""}, "madrid", 2400, 410, eur(9120)},
                  {"HG-0033", {"Advent calendar", ""}, "hamburg", 900, 4000, eur(6210)}};
  risk.origins = {{{"Stock policies against stock", "库存策略与库存"},
                   "SELECT item_id, location_id, position, reorder_point\nFROM ops.stock_policies\nWHERE position < reorder_point"}};
}

inline void fill_sample_forecast(ReportData& data) {
  ForecastSection& f = data.forecast;
  for (int i = -56; i < 28; ++i) {
    double level = 8200 + 1500 * std::sin(i * 2 * M_PI / 7) + 14 * i + 300 * std::sin(i * 1.7);
    DayPoint p{data.day + std::chrono::days{i}, kMissing, kMissing, kMissing, kMissing};
    if (i < 0) p.actual = level + 500 * std::sin(i * 3.1);
    if (i >= -14) {
      p.forecast = level;
      p.low = level * (0.86 - 0.002 * std::max(i, 0));
      p.high = level * (1.14 + 0.003 * std::max(i, 0));
    }
    f.days.push_back(p);
  }
  f.series = 9874;
  f.horizon_days = 28;
  f.wape = 0.284;
  f.days_compared = 14;
  f.worst = {{"HG-0412", {"Stainless steel kettle", ""}, "hamburg", 310, 180}, {"HG-0901", {"Garden torch", ""}, "madrid", 2, 61}};
  f.models = {{"theta", 4120}, {"ses", 2301}, {"croston_sba", 1930}};
  f.origins = {{{"Sales and forecasts per day", "每日销量与预测"}, "SELECT ds, sum(yhat) FROM ops.forecasts GROUP BY ds ORDER BY ds"}};
}

inline void fill_sample_bursts(ReportData& data) {
  BurstSection& b = data.bursts;
  b.known = true;
  b.bursts = 1;
  b.promotions = 9;
  b.outliers = 1;
  b.lines = {
      {"HG-10031",
       {"Enamel pot 3 l", "搪瓷锅 3 升"},
       "HAM",
       data.day - std::chrono::days{3},
       data.day - std::chrono::days{1},
       true,
       false,
       96,
       21.4,
       0.993},
      {"HG-10040", {"Kettle", "水壶"}, "MUC", data.day - std::chrono::days{2}, data.day - std::chrono::days{1}, true, true, 40, 18, 0.97}};
  b.origins = {{{"Sudden demand of the last seven days", "最近七天的需求突增"}, "SELECT * FROM ops.demand_bursts"}};
}

inline void fill_sample_models(ReportData& data) {
  ModelSection& m = data.models;
  m.known = true;
  m.lines = {{"m1a2b3c4d5e6f", "default", "champion", 0.262, 0.301, 42, 0.771, 4.8, 0.83},
             {"m6f5e4d3c2b1a", "recent", "challenger", 0.259, 0.272, 42, 0.803, 2.1, 0.83}};
  m.contests = {{"default", "recent", 42, 0.081, 0.0021, 56, true, true, "k7m2qxab-1071"}};
  m.drift = {
      {{"steady demand", "平稳需求"}, 42, 0.184, 0.262, -0.17, 1.6, data.day - std::chrono::days{9}, data.day - std::chrono::days{3}},
      {{"demand on few days", "间歇需求"}, 42, 0.71, 0.70, 0.02, 0, {}, {}}};
  m.review = "k7m2qxab-1072";
  m.origins = {{{"The versions of the forecast model", "预测模型版本"}, "sinan models list --json"}};
}

inline void fill_sample_data(ReportData& data) {
  data.read.known = true;
  data.read.lines = {{"erp", "orders", 18230, 18230, 0, 0, 0.8, ""},
                     {"erp", "stock", 10000, 0, 9120, 12, 0.4, ""},
                     {"crm", "customers", 5200, 14, 33, 0, 0.2, ""},
                     {"shop", "order_lines", 0, 0, 0, 0, 0, "the folder shop/2026-03 cannot be read: permission denied"}};
  data.read.origins = {{{"The sync step of this run", "本次运行的 sync 步骤"}, "sinan runs show cycle-20260301-1 --json"}};
  data.refused.rows_judged = 2310442;
  data.refused.rows_refused = 318;
  data.refused.rules = {{"erp.orders",
                         "range.quantity",
                         201,
                         false,
                         {{"SO-10442/3", {"quantity is −40000; allowed are 1 to 10,000", "数量为 −40000，允许 1 到 10,000"}}},
                         {"Correct the quantity of these order lines in the ERP; most come from terminal T7.",
                          "请在 ERP 中更正这些订单行的数量；多数来自终端 T7。"}},
                        {"crm.customers",
                         "pattern.email",
                         117,
                         true,
                         {{"C-0031", {"'anna(at)example' is no e-mail address", "“anna(at)example”不是邮箱地址"}}},
                         {"Ask sales to complete the addresses.", "请销售补全邮箱。"}}};
  data.golden.entities = {{"customers", 4811, 7420, 14, 3, 2, 0, {{"cust_0042", "phone", "+49 40 1234", "+49 40 99812", "crm"}}},
                          {"suppliers", 118, 143, 0, 0, 0, 0, {}}};
  data.cost.month_to_date = eur(182344.10);
  data.cost.last_month = eur(164020);
  data.cost.budget = eur(250000);
  data.cost.suppliers = {{"S-17", "Nordmetall GmbH", eur(61200), 41}, {"S-03", "宁波家居制品有限公司", eur(38900.5), 12}};
  data.assumptions = {{"Lead times of supplier S-31 are estimates.", "供应商 S-31 的交期为估计值。"}};
}

inline ReportData sample_report() {
  ReportData data;
  data.company = "Hearth & Home";
  data.zone = Zone::find("Europe/Berlin").value();
  data.day = parse_date("2026-03-01").value();
  data.generated_at = parse_instant("2026-03-01T05:00:12Z").value();
  data.lake_version = 41;
  data.version = "0.1.0";
  data.run = {{},
              "cycle-20260301-1",
              "running",
              "",
              parse_instant("2026-03-01T05:00:00Z").value(),
              12.4,
              false,
              {{"sync", "sync_sources", "done", 0, 2.1, 2, ""},
               {"check", "check_quality", "done", 2.1, 1.4, 1, ""},
               {"master", "merge_master", "done", 3.5, 2.2, 1, ""},
               {"forecast", "forecast_demand", "done", 3.5, 5.1, 1, ""},
               {"plan", "plan_orders", "done", 8.6, 1.9, 1, ""},
               {"decide", "decide_proposals", "done", 10.5, 0.7, 1, ""},
               {"act", "execute_decisions", "done", 11.2, 0.9, 1, ""}}};
  fill_sample_decisions(data);
  fill_sample_risk(data);
  fill_sample_forecast(data);
  fill_sample_bursts(data);
  fill_sample_models(data);
  fill_sample_data(data);
  return data;
}

}  // namespace sinan::reports
