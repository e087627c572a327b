#include "operations/reports/archive.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace sinan::reports {
namespace {

TEST(Archive, KeepsOneReportADayAndNamesWhatThereIs) {
  auto folder = std::filesystem::temp_directory_path() / fmt::format("sinan-archive-{}", ::getpid());
  std::filesystem::remove_all(folder);
  Archive archive(folder);
  EXPECT_EQ(archive.latest().error().code, ErrorCode::kNotFound);
  Date first = parse_date("2026-03-01").value();
  Date second = parse_date("2026-03-02").value();
  ASSERT_TRUE(archive.save(second, "two").has_value());
  ASSERT_TRUE(archive.save(first, "one").has_value());
  ASSERT_TRUE(archive.save(first, "one again").has_value());
  std::ofstream(folder / "2026-03-09.html.7.partial") << "cut off";
  std::ofstream(folder / "notes.html") << "not a report";
  EXPECT_EQ(archive.days().value(), (std::vector<Date>{second, first}));
  EXPECT_EQ(archive.latest().value(), "two");
  EXPECT_EQ(archive.read(first).value(), "one again");
  auto missing = archive.read(parse_date("2026-02-01").value());
  EXPECT_NE(missing.error().message.find("2026-03-02, 2026-03-01"), std::string::npos) << missing.error().message;
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sinan::reports
