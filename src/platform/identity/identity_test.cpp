#include "platform/identity/identity.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace sinan::identity {
namespace {

Directory read(const std::string& yaml, Diagnostics& diagnostics) {
  auto root = std::filesystem::temp_directory_path() / fmt::format("sinan_identity_test_{}", getpid());
  std::filesystem::create_directories(root / "policies");
  std::ofstream(root / "sinan.yaml") << "name: acme\n";
  std::ofstream(root / "policies" / "people.yaml") << yaml;
  auto workspace = Workspace::open(root, diagnostics);
  EXPECT_TRUE(workspace);
  auto out = Directory::read(*workspace, diagnostics);
  std::filesystem::remove_all(root);
  return out;
}

TEST(Identity, UsersHaveTheirRolesSorted) {
  Diagnostics diagnostics;
  auto directory =
      read("users:\n  anna: {name: Anna Li, roles: [planner, approver, planner]}\nroles:\n  planner: Plans\n  approver:\n", diagnostics);
  ASSERT_TRUE(diagnostics.ok()) << diagnostics.error().text();
  auto anna = directory.resolve("anna");
  ASSERT_TRUE(anna);
  EXPECT_EQ(anna->roles, (std::vector<std::string>{"approver", "planner"}));
  EXPECT_FALSE(anna->is_trusted());
  EXPECT_EQ(directory.users().at("anna").name, "Anna Li");
}

TEST(Identity, WhoLacksAPermissionIsToldHowARoleGetsIt) {
  Diagnostics diagnostics;
  auto directory = read(
      "users:\n  anna: {roles: [planner]}\n  ben: {roles: [guest]}\nroles:\n  planner:\n  guest:\npermissions: {read_reports: [planner]}\n",
      diagnostics);
  ASSERT_TRUE(diagnostics.ok()) << diagnostics.error().text();
  EXPECT_TRUE(directory.expect(*directory.resolve("anna"), kReadReports));
  EXPECT_TRUE(directory.expect(owner_principal(), kRunWorkflows));
  for (std::string_view lacking : {kReadDecisions, kRunWorkflows}) EXPECT_FALSE(directory.expect(*directory.resolve("anna"), lacking));
  auto denied = directory.expect(*directory.resolve("ben"), kReadReports);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::kDenied);
  EXPECT_TRUE(denied.error().message.contains("permissions: {read_reports: […]}")) << denied.error().message;
}

TEST(Identity, TheOwnerIsThereWithoutAFile) {
  Diagnostics diagnostics;
  auto directory = read("users: {}\n", diagnostics);
  EXPECT_TRUE(directory.resolve("owner")->is_owner());
  auto nobody = directory.resolve("ownr");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(nobody.error().message, "there is no user 'ownr'; did you mean 'owner'?");
}

TEST(Identity, MistakesAreAllNamedAndTheUserIsLeftOut) {
  Diagnostics diagnostics;
  auto directory = read(
      "users:\n  anna: {roles: [planer]}\n  'system:planner': {roles: [planner]}\n  ben: {role: [planner]}\n  system: {roles: [planner]}\n"
      "roles:\n  planner: Plans\n  system: Ours\n",
      diagnostics);
  std::vector<std::string> codes;
  for (const auto& item : diagnostics.sorted()) codes.push_back(fmt::format("{} {}", item.place.line, item.code));
  EXPECT_EQ(codes, (std::vector<std::string>{"2 unknown_role", "3 bad_name", "4 missing_key", "4 unknown_key", "5 reserved_name",
                                             "8 reserved_name"}));
  EXPECT_TRUE(directory.users().empty());
}

TEST(Identity, PermissionsAreOfRolesAndTheOwnerHasAll) {
  Diagnostics diagnostics;
  auto directory = read(
      "users:\n  anna: {roles: [till]}\n  ben: {roles: [planner]}\nroles:\n  till: Sells\n  planner: Plans\npermissions:\n  post_sales: "
      "[till]\n",
      diagnostics);
  ASSERT_TRUE(diagnostics.ok()) << diagnostics.error().text();
  EXPECT_TRUE(directory.may(*directory.resolve("anna"), kPostSales));
  EXPECT_FALSE(directory.may(*directory.resolve("ben"), kPostSales));
  EXPECT_TRUE(directory.may(owner_principal(), kPostSales));
  EXPECT_TRUE(directory.may(system_principal("planner"), kPostSales));
  read("roles:\n  till: Sells\npermissions:\n  post_sale: [till]\n  post_sales: [til]\n", diagnostics);
  std::vector<std::string> codes;
  for (const auto& item : diagnostics.sorted()) codes.push_back(fmt::format("{} {}", item.place.line, item.code));
  EXPECT_EQ(codes, (std::vector<std::string>{"4 unknown_permission", "5 unknown_role"}));
}

TEST(Identity, OnlySinanMakesSystemPrincipals) {
  EXPECT_TRUE(system_principal("planner").is_trusted());
  EXPECT_FALSE((Principal{"system:planner", {"planner"}}.is_trusted()));
  EXPECT_FALSE((Principal{"anna", {"system"}}.is_trusted()));
}

}  // namespace
}  // namespace sinan::identity
