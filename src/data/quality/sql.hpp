// Pieces of SQL text: names, constants and the comparisons that rules share. None of the expressions made here can raise an error.
#pragma once

#include <string>
#include <string_view>

#include "base/table.hpp"

namespace sinan::quality::sql {

// "name", with quotes doubled.
std::string name(std::string_view identifier);
// 'text', with quotes doubled.
std::string text(std::string_view value);
// Column of the judged table, whose alias is t: t."name".
std::string column(std::string_view identifier);

bool is_number(const Type& type);
bool is_time(const Type& type);  // a date or a timestamp

// Two expressions that can be compared without an error: as they are when their types are of one family, else both as text.
std::pair<std::string, std::string> comparable(std::string left, const Type& left_type, std::string right, const Type& right_type);

// True for text that holds nothing but white space (also the ideographic space).
std::string is_blank(const std::string& text_expression);

}  // namespace sinan::quality::sql
