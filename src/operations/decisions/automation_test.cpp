// The automation boundary: what runs alone, what asks whom, what may not be.
#include "operations/decisions/automation.hpp"

#include <gtest/gtest.h>

namespace sinan::decisions {
namespace {

AutomationPolicy policy_of(std::string_view yaml, Diagnostics& diagnostics) {
  AutomationPolicy policy;
  std::optional<YamlNode> node = parse_yaml(yaml, "policies/automation.yaml", diagnostics);
  if (node) shape_of(static_cast<const AutomationPolicy*>(nullptr)).read(*node, policy, diagnostics);
  return policy;
}

constexpr std::string_view kBoundary = R"(default: {verdict: approval, role: owner}
rules:
  - {name: small, kinds: [purchase_order], item_classes: [A, B], max_amount: 500, max_quantity: 100, currency: EUR, verdict: automatic}
  - {name: medium, kinds: [purchase_order], max_amount: 20000, currency: EUR, verdict: approval, role: manager}
  - {name: huge, min_amount: 100000, currency: EUR, verdict: forbidden}
  - {name: the rest of the transfers, kinds: [transfer], verdict: automatic, per_day: {count: 2, quantity: 50}}
)";

Proposal order(std::string_view amount, std::string currency = "EUR", std::string item_class = "A", std::string_view quantity = "10") {
  Proposal p;
  p.kind = "purchase_order";
  p.item_class = std::move(item_class);
  p.quantity = {*Decimal::parse(quantity), "each"};
  p.amount = {*Decimal::parse(amount), std::move(currency)};
  return p;
}

TEST(Automation, TheFirstRuleThatHoldsDecidesAndAForbiddingOneWinsWhereverItStands) {
  Diagnostics diagnostics;
  AutomationPolicy policy = policy_of(kBoundary, diagnostics);
  ASSERT_TRUE(diagnostics.ok()) << diagnostics.error().text();
  struct Case {
    std::string what;
    Proposal proposal;
    std::string verdict, rule, role;
  };
  std::vector<Case> cases{
      {"small", order("499.99"), "automatic", "small", ""},
      {"the bound itself", order("500"), "automatic", "small", ""},
      {"a ten-thousandth above the bound", order("500.0001"), "approval", "medium", "manager"},
      {"another class", order("10", "EUR", "C"), "approval", "medium", "manager"},
      {"too many", order("10", "EUR", "A", "101"), "approval", "medium", "manager"},
      {"above medium", order("20001"), "approval", "", "owner"},
      {"just below forbidden", order("99999.9999"), "approval", "", "owner"},
      {"forbidden", order("100000"), "forbidden", "huge", ""},
      {"another currency", order("1", "USD"), "approval", "", "owner"},
      {"no currency", order("0", ""), "approval", "", "owner"},
      {"a negative amount", order("-5"), "approval", "", "owner"},
      {"a negative quantity", order("5", "EUR", "A", "-1"), "approval", "medium", "manager"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Verdict verdict = judge(policy, c.proposal, {});
    EXPECT_EQ(verdict.verdict, c.verdict);
    EXPECT_EQ(verdict.rule, c.rule);
    EXPECT_EQ(verdict.role, c.role);
  }
  EXPECT_EQ(judge(policy, order("5"), {}).place, "policies/automation.yaml:3:12");
}

TEST(Automation, ARuleWithoutAmountsDoesNotLetPassWhatAForbiddingRuleCouldNotJudge) {
  Diagnostics diagnostics;
  AutomationPolicy policy = policy_of(R"(rules:
  - {name: all, verdict: automatic}
  - {name: huge, min_amount: 1000, currency: EUR, verdict: forbidden}
)",
                                      diagnostics);
  EXPECT_EQ(judge(policy, order("5"), {}).verdict, "automatic");
  Verdict verdict = judge(policy, order("999999", "USD"), {});
  EXPECT_EQ(verdict.verdict, "approval");
  EXPECT_EQ(verdict.role, "owner");
  EXPECT_EQ(verdict.reason, "the amount is in USD, the rule 'huge' in EUR");
}

TEST(Automation, DailyTotalsEndWhatRunsAlone) {
  Diagnostics diagnostics;
  AutomationPolicy policy = policy_of(kBoundary, diagnostics);
  Proposal transfer;
  transfer.kind = "transfer";
  transfer.quantity = {Decimal::whole(30), "each"};
  const std::string kRule = "the rest of the transfers";
  EXPECT_EQ(judge(policy, transfer, {}).verdict, "automatic");
  EXPECT_EQ(judge(policy, transfer, {{kRule, {Decimal(), Decimal::whole(20), 1}}}).verdict, "automatic");
  EXPECT_EQ(judge(policy, transfer, {{kRule, {Decimal(), Decimal::whole(21), 1}}}).verdict, "approval");
  EXPECT_EQ(judge(policy, transfer, {{kRule, {Decimal(), Decimal(), 2}}}).verdict, "approval");
}

TEST(Automation, WithoutABoundaryTheOwnerIsAskedAndAlertsAreNot) {
  EXPECT_EQ(judge({}, order("1"), {}).role, "owner");
  Proposal alert;
  alert.kind = "alert";
  EXPECT_EQ(judge({}, alert, {}).verdict, "automatic");
}

TEST(Automation, MistakesAreNamedWithTheirPlace) {
  Diagnostics diagnostics;
  AutomationPolicy policy = policy_of(R"(default: {verdict: automatic}
rules:
  - {name: a, max_amount: 5, verdict: automatic}
  - {name: a, verdict: approval}
  - {name: c, verdict: aproval}
  - {name: d, verdict: forbidden, role: manager}
  - {name: e, verdict: approval, role: manger, min_quantity: 5, max_quantity: 4}
)",
                                      diagnostics);
  std::vector<std::string> codes;
  for (const Diagnostic& d : diagnostics.sorted()) codes.push_back(fmt::format("{}:{}", d.place.line, d.code));
  EXPECT_GE(codes.size(), 6U) << fmt::format("{}", fmt::join(codes, " "));
  Diagnostics roles;
  AutomationPolicy named = policy_of("rules: [{name: e, verdict: approval, role: manger}]", roles);
  check_automation(named, {"manager", "owner"}, roles);
  ASSERT_EQ(roles.size(), 1U);
  EXPECT_EQ(roles.sorted()[0].hint, "did you mean 'manager'?");
}

}  // namespace
}  // namespace sinan::decisions
