// Numbers, money, dates and durations as people read them, in both languages.
#pragma once

#include "operations/reports/report_data.hpp"

namespace sinan::reports {

std::string grouped(std::int64_t value);                      // 1,234,567
std::string decimal(double value, int decimals);              // 1,234.5; a missing value is "–"
std::string quantity(double value);                           // without decimals from 100 on; one below, if it matters
std::string percent(double share, int decimals = 1);          // 0.1234 → 12.3%
std::string share_of(std::int64_t part, std::int64_t whole);  // "0.4%", "<0.1%", "0%"

// "€1,234.50"; currencies without a well-known sign as "SEK 1,234.50". Whole amounts from 1,000 on.
std::string money(const Money& amount);
// Short: "€1.2M" and "€123万".
Text short_money(const Money& amount);
// The sum per currency, "€1,200 + $300"; "–" for none.
std::string money_list(const std::vector<Money>& amounts);

Text day_text(Date day);                              // "Sun 1 Mar" / "3月1日 周日"
Text long_day_text(Date day);                         // "Sunday, 1 March 2026" / "2026年3月1日 星期日"
Text short_day_text(Date day);                        // "1 Mar" / "3/1"
std::string time_text(Instant at, const Zone& zone);  // "2026-03-01 06:00"
Text duration_text(double seconds);                   // "0.2 s", "1 min 5 s" / "1 分 5 秒"

// "1 order", "3 orders".
std::string counted(std::int64_t count, std::string_view one, std::string_view many);

}  // namespace sinan::reports
