#include "data/sources/cursor_marks.hpp"

namespace sinan::sources {
namespace {

constexpr std::size_t kMaxMarks = 64;

}  // namespace

CursorMarks::CursorMarks(const Json& state) {
  if (!state.is_array()) return;
  for (const Json& mark : state)
    if (mark.is_array() && mark.size() == 2 && mark[0].is_number_integer()) marks_.push_back({mark[0].get<std::int64_t>(), mark[1]});
}

Json CursorMarks::to_json() const {
  Json out = Json::array();
  for (const Mark& mark : marks_) out.push_back(Json::array({mark.at_us, mark.cursor}));
  return out;
}

void CursorMarks::add(std::int64_t at_us, Json cursor) {
  // A clock that was set back would put an early time on a late cursor: the marks that claim to be later are not to be trusted.
  std::erase_if(marks_, [&](const Mark& mark) { return mark.at_us > at_us; });
  marks_.push_back({at_us, std::move(cursor)});
  if (marks_.size() <= kMaxMarks) return;
  // Thinned in the middle: the nearest older mark serves as well, it only reads more.
  for (std::size_t i = marks_.size() / 2; i >= 1; i -= std::min<std::size_t>(i, 2))
    marks_.erase(marks_.begin() + static_cast<std::ptrdiff_t>(i));
}

std::optional<Json> CursorMarks::settle(std::int64_t oldest_us) {
  auto later = std::find_if(marks_.begin(), marks_.end(), [&](const Mark& mark) { return mark.at_us > oldest_us; });
  if (later == marks_.begin()) return std::nullopt;
  marks_.erase(marks_.begin(), later - 1);
  if (marks_.front().cursor.is_null()) return std::nullopt;
  return marks_.front().cursor;
}

}  // namespace sinan::sources
