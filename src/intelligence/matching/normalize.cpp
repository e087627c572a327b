// Normal forms of names, addresses, telephone numbers and text.
#include "intelligence/matching/normalize.hpp"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"

namespace sinan::matching {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_han(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  UScriptCode script = uscript_getScript(c, &error);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA;
}

void simplify(icu::UnicodeString& text) {
  bool han = false;
  for (std::int32_t i = 0; i < text.length() && !han; i = text.moveIndex32(i, 1)) han = is_han(text.char32At(i));
  if (!han) return;
  thread_local const std::unique_ptr<icu::Transliterator> to_simplified = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<icu::Transliterator> made(icu::Transliterator::createInstance("Traditional-Simplified", UTRANS_FORWARD, error));
    return U_SUCCESS(error) ? std::move(made) : nullptr;
  }();
  if (to_simplified) to_simplified->transliterate(text);
}

// NFKC case folding without marks; still with punctuation.
std::string fold(std::string_view value) {
  if (is_ascii(value)) return lowercase(value);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* fold_case = icu::Normalizer2::getNFKCCasefoldInstance(error);
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFDInstance(error);
  const icu::Normalizer2* compose = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) return std::string(value);
  auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(value.data(), static_cast<std::int32_t>(value.size())));
  icu::UnicodeString decomposed = decompose->normalize(fold_case->normalize(text, error), error);
  icu::UnicodeString bare;
  for (std::int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    UChar32 c = decomposed.char32At(i);
    // Marks carry meaning in kana and Indic scripts; only those of Latin, Greek and Cyrillic are mere accents.
    if (u_charType(c) == U_NON_SPACING_MARK && c >= 0x300 && c <= 0x36F) continue;
    bare.append(c);
  }
  icu::UnicodeString composed = compose->normalize(bare, error);
  simplify(composed);
  std::string out;
  composed.toUTF8String(out);
  return out;
}

// Letters and digits stay; apostrophes, and dots between letters, vanish ("s.a." is "sa"); a dot between digits stays ("3.5"); all else
// becomes one space.
std::string plain_words(std::string_view folded) {
  std::string out;
  bool space = false;
  auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(folded.data(), static_cast<std::int32_t>(folded.size())));
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    UChar32 c = text.char32At(i);
    if (c == '\'' || c == 0x2019 || c == '`') continue;
    bool inside = c == '.' && i > 0 && i + 1 < text.length() && !space;
    bool between_digits = inside && u_isdigit(text.char32At(i - 1)) && u_isdigit(text.char32At(i + 1));
    if (inside && u_isalpha(text.char32At(i - 1)) && u_isalpha(text.char32At(i + 1))) continue;
    if (!u_isalnum(c) && u_charType(c) != U_COMBINING_SPACING_MARK && !between_digits) {
      space = true;
      continue;
    }
    if (space && !out.empty()) out += ' ';
    space = false;
    icu::UnicodeString(c).toUTF8String(out);
  }
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = std::min(text.find(' ', start), text.size());
    if (end > start) out.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

const std::unordered_set<std::string>& legal_forms() {
  static const std::unordered_set<std::string> kForms{
      "gmbh",    "mbh", "ag",           "kg",   "kgaa",        "ohg", "gbr", "ug", "ek",  "ev",  "eg",      "se",  "ltd",
      "limited", "inc", "incorporated", "corp", "corporation", "llc", "llp", "lp", "plc", "co",  "company", "sa",  "sas",
      "sarl",    "srl", "spa",          "bv",   "nv",          "oy",  "oyj", "ab", "as",  "asa", "aps",     "kft", "zrt",
      "sro",     "doo", "dd",           "pty",  "pte",         "pvt", "kk",  "sl", "lda", "and", "und",     "et",  "the"};
  return kForms;
}

std::string without_chinese_forms(std::string text) {
  constexpr std::array<std::string_view, 8> kForms{"股份有限公司", "有限责任公司", "有限公司", "株式会社",
                                                   "分公司",       "集团公司",     "公司",     "集团"};
  for (std::string_view form : kForms) {
    for (std::size_t at = text.find(form); at != std::string::npos && text.size() > form.size(); at = text.find(form))
      text.erase(at, form.size());
  }
  return text;
}

std::string company(std::string_view folded) {
  auto all = split(plain_words(without_chinese_forms(std::string(folded))));
  std::vector<std::string> kept;
  for (const std::string& word : all)
    if (!legal_forms().contains(word)) kept.push_back(word);
  return join(kept.empty() ? all : kept);
}

std::string person(std::string_view folded) {
  static const std::unordered_set<std::string> kTitles{"mr",  "mrs",  "ms",   "miss",   "dr",       "prof",
                                                       "sir", "herr", "frau", "madame", "monsieur", "mme"};
  std::string text(folded);
  for (std::string_view title : {"先生", "女士", "小姐"})
    if (std::size_t at = text.find(title); at != std::string::npos && text.size() > title.size()) text.erase(at, title.size());
  auto all = split(plain_words(text));
  std::vector<std::string> kept;
  for (const std::string& word : all)
    if (!kTitles.contains(word)) kept.push_back(word);
  return join(kept.empty() ? all : kept);
}

std::string address(std::string_view folded) {
  static const std::unordered_map<std::string, std::string> kShort{
      {"street", "st"},      {"saint", "st"},     {"strasse", "str"},   {"road", "rd"},     {"avenue", "ave"}, {"av", "ave"},
      {"boulevard", "blvd"}, {"drive", "dr"},     {"lane", "ln"},       {"court", "ct"},    {"place", "pl"},   {"square", "sq"},
      {"highway", "hwy"},    {"parkway", "pkwy"}, {"crescent", "cres"}, {"terrace", "tce"}, {"north", "n"},    {"south", "s"},
      {"east", "e"},         {"west", "w"},       {"apartment", "apt"}, {"suite", "ste"},   {"floor", "fl"},   {"building", "bldg"},
      {"number", "no"},      {"platz", "pl"}};
  auto all = split(plain_words(folded));
  for (std::string& word : all) {
    if (word.size() > 7 && word.ends_with("strasse")) word.resize(word.size() - 4);
    if (auto it = kShort.find(word); it != kShort.end()) word = it->second;
  }
  return join(all);
}

std::string email(std::string_view folded) {
  std::string out;
  for (char c : folded)
    if (!std::isspace(static_cast<unsigned char>(c))) out += c;
  if (out.starts_with("mailto:")) out.erase(0, 7);
  std::size_t at = out.rfind('@');
  std::size_t plus = out.find('+');
  if (at != std::string::npos && plus != std::string::npos && plus > 0 && plus < at) out.erase(plus, at - plus);
  return out;
}

std::string digits(std::string_view folded) {
  std::string out;
  for (char c : folded)
    if (c >= '0' && c <= '9') out += c;
  return out;
}

// National numbers have at most nine or ten digits beyond the trunk prefix; the last nine are there however the number is written.
std::string phone(std::string_view folded) {
  constexpr std::size_t kKept = 9;
  std::string all = digits(folded);
  if (all.size() > kKept) return all.substr(all.size() - kKept);
  return all.size() < 4 ? std::string() : all;
}

std::string code(std::string_view folded) {
  std::string out;
  for (char c : plain_words(folded))
    if (c != ' ') out += c;
  return out;
}

std::string number(std::string_view folded) {
  std::string out;
  for (char c : folded)
    if ((c >= '0' && c <= '9') || c == '.' || (c == '-' && out.empty())) out += c;
  return digits(out).empty() ? std::string() : out;
}

std::string date(std::string_view folded) {
  std::string out = digits(folded.substr(0, std::min(folded.find('t'), std::min(folded.find(' '), folded.size()))));
  return out.size() < 4 ? std::string() : out;
}

}  // namespace

std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 9> kNames{"text", "person", "company", "address", "email", "phone", "code", "number", "date"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string normalize(Kind kind, std::string_view value) {
  std::string folded = fold(value);
  switch (kind) {
    case Kind::kText: return plain_words(folded);
    case Kind::kPerson: return person(folded);
    case Kind::kCompany: return company(folded);
    case Kind::kAddress: return address(folded);
    case Kind::kEmail: return email(folded);
    case Kind::kPhone: return phone(folded);
    case Kind::kCode: return code(folded);
    case Kind::kNumber: return number(folded);
    case Kind::kDate: return date(folded);
  }
  return folded;
}

std::vector<std::string> words(std::string_view normalized) {
  std::vector<std::string> out;
  for (std::string& word : split(normalized)) {
    if (is_ascii(word)) {
      out.push_back(std::move(word));
      continue;
    }
    auto text = icu::UnicodeString::fromUTF8(word);
    icu::UnicodeString run;
    auto end_run = [&] {
      if (run.isEmpty()) return;
      out.emplace_back();
      run.toUTF8String(out.back());
      run.remove();
    };
    UChar32 before = 0;
    bool paired = false;
    for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
      UChar32 c = text.char32At(i);
      if (!is_han(c)) {
        if (before && !paired) icu::UnicodeString(before).toUTF8String(out.emplace_back());
        before = 0;
        run.append(c);
        continue;
      }
      end_run();
      if (before) {
        icu::UnicodeString pair(before);
        pair.append(c);
        pair.toUTF8String(out.emplace_back());
      }
      paired = before != 0;
      before = c;
    }
    if (before && !paired) icu::UnicodeString(before).toUTF8String(out.emplace_back());
    end_run();
  }
  return out;
}

namespace {

// Three groups of digits, the year first or last, or eight digits that begin with a century; a time may follow.
bool looks_like_date(std::string_view value) {
  value = value.substr(0, value.find_first_of("T "));
  std::vector<std::size_t> groups{0};
  for (char c : value) {
    if (c >= '0' && c <= '9')
      ++groups.back();
    else if (c == '-' || c == '/' || c == '.')
      groups.push_back(0);
    else
      return false;
  }
  if (groups.size() == 1) return groups[0] == 8 && (value.starts_with("19") || value.starts_with("20"));
  auto few = [](std::size_t digits) { return digits == 1 || digits == 2; };
  return groups.size() == 3 && few(groups[1]) &&
         ((groups[0] == 4 && few(groups[2])) || (few(groups[0]) && (groups[2] == 4 || groups[2] == 2)));
}

bool looks_like_phone(std::string_view value) {
  std::size_t kept = digits(value).size();
  return kept >= 7 && kept <= 15 && value.size() - kept <= 8 && value.find_first_of("+-/ ()") != std::string_view::npos &&
         value.find_first_not_of("+-/ ().0123456789") == std::string_view::npos;
}

bool looks_like_number(std::string_view value) {
  std::string text(value);
  std::size_t start = text.find_first_not_of(" $€£¥");
  if (start == std::string::npos) return false;
  char* end = nullptr;
  std::strtod(text.c_str() + start, &end);
  return end == text.c_str() + text.size();
}

bool has_any(std::string_view name, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

}  // namespace

Kind guess_kind(std::string_view name, std::span<const std::string> values) {
  constexpr std::size_t kLooked = 1000;
  std::string folded = fold(name);
  std::size_t seen = 0;
  std::size_t emails = 0;
  std::size_t phones = 0;
  std::size_t dates = 0;
  std::size_t numbers = 0;
  std::size_t whole_ids = 0;
  for (const std::string& raw : values) {
    std::size_t first = raw.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    std::string_view value = std::string_view(raw).substr(first, raw.find_last_not_of(' ') + 1 - first);
    if (++seen > kLooked) break;
    emails += value.find('@') != std::string_view::npos && value.find(' ') == std::string_view::npos;
    dates += looks_like_date(value);
    phones += looks_like_phone(value) && !looks_like_date(value);
    bool is_number = looks_like_number(value);
    numbers += is_number;
    whole_ids += is_number && value.find('.') == std::string_view::npos && value.size() >= 4;
  }
  auto most = [&](std::size_t count) { return seen > 0 && count * 10 >= seen * 7; };
  if (most(emails)) return Kind::kEmail;
  if (most(dates)) return Kind::kDate;
  if (has_any(folded, {"phone", "tel", "fax", "mobile", "mobil", "电话", "手机"}) || most(phones)) return Kind::kPhone;
  if (most(numbers)) {
    if (has_any(folded, {"price", "amount", "cost", "weight", "size", "age", "year", "qty", "价", "金额"})) return Kind::kNumber;
    return most(whole_ids) || has_any(folded, {"id", "no", "nr", "code", "zip", "plz", "number", "号", "编码"}) ? Kind::kCode
                                                                                                                : Kind::kNumber;
  }
  if (has_any(folded, {"company", "firma", "organisation", "organization", "supplier", "vendor", "公司", "供应商", "企业"}))
    return Kind::kCompany;
  if (has_any(folded, {"address", "street", "strasse", "road", "地址"})) return Kind::kAddress;
  if (has_any(folded, {"sku", "ean", "gtin", "isbn", "zip", "postcode", "postal", "vat", "iban", "code"})) return Kind::kCode;
  if (has_any(folded, {"given", "surname", "first_name", "last_name", "firstname", "lastname", "contact", "姓名", "联系人"}))
    return Kind::kPerson;
  return Kind::kText;
}

}  // namespace sinan::matching
