#include "operations/demand/events/vector_store.hpp"

#include <cmath>

#include "platform/secrets/secrets.hpp"

namespace sinan::demand {
namespace {

using storage::Row;
using storage::Session;

constexpr std::size_t kPiece = 512;  // texts between two commits
constexpr int kForgottenAfter = 90;  // days
constexpr int kTouchedAfter = 7;     // days: not every cycle writes that it has asked
constexpr double kSteps = 32'767;    // of a number from 0 to 1
constexpr std::string_view kKeep =
    "INSERT INTO text_vectors (model, dimensions, text_hash, vector, used_on) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (model, dimensions, text_hash) DO UPDATE SET vector = excluded.vector, used_on = excluded.used_on";
constexpr std::string_view kDigits = "0123456789abcdef";

storage::Migrations migrations() {
  return {"embeddings",
          {"CREATE TABLE text_vectors (model TEXT NOT NULL, dimensions BIGINT NOT NULL, text_hash TEXT NOT NULL, vector TEXT NOT NULL, "
           "used_on BIGINT NOT NULL, PRIMARY KEY (model, dimensions, text_hash))"}};
}

// Four hexadecimal digits a number.
std::string packed(std::span<const float> vector) {
  std::string out;
  out.reserve(4 * vector.size());
  for (float v : vector) {
    const auto number = static_cast<std::uint16_t>(std::lround(std::clamp(double{v}, -1.0, 1.0) * kSteps));
    for (int shift : {12, 8, 4, 0}) out += kDigits[(number >> shift) & 15U];
  }
  return out;
}

// Made of length 1 again. kCorrupt when it was not packed here.
Status unpack(std::string_view text, std::span<float> out) {
  double squares = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    unsigned number = 0;
    for (char c : text.substr(4 * i, 4)) {
      const std::size_t digit = kDigits.find(c);
      if (digit == std::string_view::npos) return fail(ErrorCode::kCorrupt, "a vector in the store is damaged", "text_vectors");
      number = number << 4U | static_cast<unsigned>(digit);
    }
    out[i] = static_cast<float>(static_cast<std::int16_t>(static_cast<std::uint16_t>(number)));
    squares += double{out[i]} * double{out[i]};
  }
  for (float& v : out) v = squares > 0 ? static_cast<float>(double{v} / std::sqrt(squares)) : 0.0F;
  return {};
}

class Lookup {
 public:
  Lookup(storage::Store& store, const llm::EmbedderOptions& options, std::span<const std::string> texts, Date today)
      : store_(store), options_(options), texts_(texts), today_(today.time_since_epoch().count()), found_(texts.size()) {
    for (const std::string& text : texts) hashes_.push_back(secrets::sha256(llm::sent_part(text)));
  }

  // Fills in what is kept; all of one size.
  Status read() {
    std::unordered_map<std::string_view, std::vector<std::size_t>> wanted;
    for (std::size_t i = 0; i < hashes_.size(); ++i) wanted[hashes_[i]].push_back(i);
    return store_.read([&](Session& session) {
      return session.query("SELECT text_hash, vector, used_on FROM text_vectors WHERE model = ? AND dimensions = ?",
                           {options_.model, std::int64_t{options_.dimensions}}, [&](const Row& row) -> Status {
                             auto places = wanted.find(row.text(0));
                             if (places == wanted.end()) return {};
                             for (std::size_t i : places->second) found_[i] = row.text(1);
                             if (row.integer(2) < today_ - kTouchedAfter) old_.push_back(hashes_[places->second[0]]);
                             return {};
                           });
    });
  }

  // Asks for what is missing. False when the model's vectors are not of the size that is kept.
  Result<bool> ask(const CancelToken* cancel) {
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < found_.size(); ++i)
      if (found_[i].empty()) missing.push_back(i);
    for (std::size_t first = 0; first < missing.size(); first += kPiece) {
      const auto piece = std::span(missing).subspan(first, std::min(kPiece, missing.size() - first));
      std::vector<std::string> texts;
      for (std::size_t i : piece) texts.push_back(texts_[i]);
      SINAN_TRY(const llm::Vectors vectors, llm::embed(options_, texts, cancel));
      for (const std::string& kept : found_)
        if (!kept.empty() && kept.size() != 4 * vectors.size) return false;
      SINAN_CHECK(store_.transact([&](Session& session) -> Status {
        for (std::size_t p = 0; p < piece.size(); ++p) {
          found_[piece[p]] = packed(vectors.of(p));
          SINAN_CHECK(
              session.execute(kKeep, {options_.model, std::int64_t{options_.dimensions}, hashes_[piece[p]], found_[piece[p]], today_}));
        }
        return {};
      }));
    }
    return true;
  }

  Status forget_model() {
    found_.assign(texts_.size(), "");
    old_.clear();
    return store_.transact([&](Session& session) -> Status {
      SINAN_CHECK(session.execute("DELETE FROM text_vectors WHERE model = ? AND dimensions = ?",
                                  {options_.model, std::int64_t{options_.dimensions}}));
      return {};
    });
  }

  // Says which were asked for, and forgets those that nobody asks for.
  Status tidy() {
    return store_.transact([&](Session& session) -> Status {
      for (const std::string& hash : old_)
        SINAN_CHECK(session.execute("UPDATE text_vectors SET used_on = ? WHERE model = ? AND dimensions = ? AND text_hash = ?",
                                    {today_, options_.model, std::int64_t{options_.dimensions}, hash}));
      SINAN_CHECK(session.execute("DELETE FROM text_vectors WHERE used_on < ?", {today_ - kForgottenAfter}));
      return {};
    });
  }

  Result<llm::Vectors> vectors() const {
    llm::Vectors out;
    if (found_.empty()) return out;
    out.size = found_[0].size() / 4;
    out.values.resize(out.size * found_.size());
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (found_[i].size() != 4 * out.size) return fail(ErrorCode::kCorrupt, "vectors in the store are of different sizes", "text_vectors");
      SINAN_CHECK(unpack(found_[i], std::span(out.values).subspan(i * out.size, out.size)));
    }
    return out;
  }

 private:
  storage::Store& store_;
  const llm::EmbedderOptions& options_;
  std::span<const std::string> texts_;
  std::int64_t today_;
  std::vector<std::string> hashes_;
  std::vector<std::string> found_;  // packed; empty: not kept
  std::vector<std::string> old_;    // hashes of those that were asked for long ago
};

}  // namespace

Result<VectorStore> VectorStore::open(storage::Store& store) {
  SINAN_CHECK(store.migrate(migrations()));
  return VectorStore(store);
}

Result<llm::Vectors> VectorStore::vectors(const llm::EmbedderOptions& options, std::span<const std::string> texts, Date today,
                                          const CancelToken* cancel) {
  if (texts.size() > llm::kMostTexts)
    return fail(ErrorCode::kLimit,
                fmt::format("{} different texts of events, more than {} that are embedded", texts.size(), llm::kMostTexts));
  Lookup lookup(store_, options, texts, today);
  SINAN_CHECK(lookup.read());
  SINAN_TRY(const bool alike, lookup.ask(cancel));
  if (!alike) {
    SINAN_CHECK(lookup.forget_model());
    SINAN_TRY([[maybe_unused]] const bool again, lookup.ask(cancel));
  }
  SINAN_CHECK(lookup.tidy());
  return lookup.vectors();
}

Result<llm::EmbedderOptions> embedder_of(const EmbeddingSettings& settings, const std::filesystem::path& root) {
  llm::EmbedderOptions out{.endpoint = settings.endpoint.value, .model = settings.model, .dimensions = settings.dimensions, .ca_file = {}};
  SINAN_TRY(out.key, settings.key.resolve(root));
  if (!settings.ca_file.empty()) out.ca_file = root / settings.ca_file;
  SINAN_CHECK(llm::check(out));
  return out;
}

Embed embed_of(const Workspace& workspace, storage::Store& store, Instant now, const CancelToken* cancel) {
  const auto& settings = workspace.settings().embeddings;
  if (!settings) return {};
  return [&workspace, &settings, &store, now, cancel](std::span<const std::string> texts) -> Result<llm::Vectors> {
    SINAN_TRY(const llm::EmbedderOptions options, embedder_of(*settings, workspace.root()));
    SINAN_TRY(VectorStore kept, VectorStore::open(store));
    return kept.vectors(options, texts, std::chrono::floor<std::chrono::days>(now), cancel);
  };
}

}  // namespace sinan::demand
