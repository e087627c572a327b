#include "platform/duck/csv_quotes.hpp"

#include <algorithm>
#include <array>
#include <fstream>

namespace sinan::duck {
namespace {

char delimiter_of(std::string_view first_line) {
  char best = ',';
  for (char c : {';', '|', '\t'})
    if (std::ranges::count(first_line, c) > std::ranges::count(first_line, best)) best = c;
  return best;
}

// Follows the quotes from line to line.
class QuoteWalk {
 public:
  explicit QuoteWalk(char delimiter) : delimiter_(delimiter) {}

  // False where a quote of an earlier line ends in the middle of a value: it was never meant to reach so far.
  bool line(std::string_view text) {
    ++number_;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '"') continue;
      if (open_at_ == 0) {
        if (i == 0 || text[i - 1] == delimiter_) open_at_ = number_;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        ++i;
      } else {
        std::string_view rest = text.substr(i + 1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \r"), rest.size()));
        if (!rest.empty() && rest.front() != delimiter_ && open_at_ != number_) return false;
        open_at_ = 0;
      }
    }
    return true;
  }
  std::int64_t open_at() const { return open_at_; }  // the line of a quote that is still open; 0: none is

 private:
  char delimiter_;
  std::int64_t number_ = 0;
  std::int64_t open_at_ = 0;
};

// A quick look at the bytes; what is compressed may hold anything.
bool may_hold_quotes(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  if (ending == ".gz" || ending == ".zst") return true;
  std::ifstream in(file, std::ios::binary);
  std::array<char, 1 << 16> bytes;
  while (in) {
    in.read(bytes.data(), bytes.size());
    if (std::string_view(bytes.data(), static_cast<std::size_t>(in.gcount())).contains('"')) return true;
  }
  return false;
}

}  // namespace

Status check_csv_quotes(Connection& connection, const std::filesystem::path& file, const CsvQuotes& options) {
  if (!may_hold_quotes(file)) return {};
  std::string more = options.encoding.empty() ? "" : ", encoding = " + quote_text(options.encoding);
  auto lines = connection.query(
      fmt::format("SELECT line FROM read_csv({}, columns = {{'line': 'VARCHAR'}}, delim = chr(1), quote = '', escape = '', header = false, "
                  "auto_detect = false, parallel = false{})",
                  quote_text(file.string()), more));
  if (!lines) return {};
  std::optional<QuoteWalk> walk;
  bool fits = true;
  for (Batch batch; fits; batch = {}) {
    auto next = (*lines)->next(batch);
    if (!next) return {};
    if (!*next) break;
    for (std::size_t row = 0; fits && row < batch.rows(); ++row) {
      std::string_view text = batch.columns[0].is_null(row) ? std::string_view() : batch.columns[0].text(row);
      if (!walk) walk.emplace(options.delimiter.size() == 1 ? options.delimiter.front() : delimiter_of(text));
      fits = walk->line(text);
    }
  }
  if (!walk || walk->open_at() == 0) return {};
  return fail(ErrorCode::kInvalidInput, "a quote that begins a value is not closed; mend the file, or fetch it again if it was cut off",
              fmt::format("{}:{}", file.string(), walk->open_at()));
}

Status check_found_csv_quotes(Connection& connection, const std::filesystem::path& file) {
  if (!may_hold_quotes(file)) return {};
  auto found = connection.table(fmt::format("SELECT 1 FROM sniff_csv({}) WHERE Quote = '\"'", quote_text(file.string())));
  if (!found || found->rows() > 0) return {};  // what cannot be made out, or ends in a quote that is known, is told where it is read
  return check_csv_quotes(connection, file);
}

}  // namespace sinan::duck
