#include "operations/demand/files/row_file.hpp"

#include <gtest/gtest.h>

namespace sinan::demand {
namespace {

TEST(RowFile, numbers_have_as_many_digits_as_where_they_come_from) {
  std::string printed;
  Schema schema;
  for (const char* name : {"a", "b", "c"}) schema.fields.push_back({name, {TypeId::kDouble}});
  auto file = *RowFile::open({}, {.print = [&](std::string_view text) { printed += text; }}, schema);
  for (double value : {21.7500005, 0.1 + 0.2, 1.0 / 3, 12345678.25, 1234567890123.0, 0.0, std::nan("")}) {
    file->number(value);
    file->exact(value);
    file->single(value);
    ASSERT_TRUE(file->end_row());
  }
  EXPECT_EQ(*file->finish(), 7U);
  EXPECT_EQ(printed,
            "a,b,c\n"
            "21.7500005,21.7500005,21.75\n"
            "0.3,0.3,0.3\n"
            "0.333333333,0.333333333333333,0.333333333\n"
            "12345678.2,12345678.25,12345678.2\n"
            "1.23456789e+12,1234567890123,1.23456789e+12\n"
            "0,0,0\n"
            ",,\n");
}

TEST(RowFile, rows_may_be_printed_as_an_array_of_objects) {
  for (int rows : {0, 1, 2}) {
    std::string printed;
    Schema schema{{{"id", {TypeId::kText}}, {"y", {TypeId::kDouble}}}};
    auto file = *RowFile::open({}, {.print = [&](std::string_view text) { printed += text; }, .json = true}, schema);
    for (int row = 0; row < rows; ++row) {
      file->text("a\"\n茶");
      file->number(row == 0 ? 0.5 : std::nan(""));
      ASSERT_TRUE(file->end_row());
    }
    ASSERT_TRUE(file->finish());
    const char* expected[] = {"[\n]\n", "[\n{\"id\":\"a\\\"\\n茶\",\"y\":0.5}\n]\n",
                              "[\n{\"id\":\"a\\\"\\n茶\",\"y\":0.5},\n{\"id\":\"a\\\"\\n茶\",\"y\":null}\n]\n"};
    EXPECT_EQ(printed, expected[rows]);
  }
}

}  // namespace
}  // namespace sinan::demand
