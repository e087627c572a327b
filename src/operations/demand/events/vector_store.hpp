// Vectors of texts in the state: each text is asked for once, and a replay finds the same bits.
//
// A vector is kept by the name of its model, the dimensions that were asked for and the SHA-256 of what is sent of the text; its numbers
// have 16 bits, also the first time, which moves a cosine by less than 0.001. A text costs 4 bytes a number: 6 KB of a model with 1,536.
// Vectors that no cycle has asked for in 90 days are forgotten, so the table holds the texts of the newest history and of 90 days more.
#pragma once

#include "base/time.hpp"
#include "base/workspace.hpp"
#include "operations/demand/events/event_vectors.hpp"
#include "platform/storage/store.hpp"

namespace sinan::demand {

class VectorStore {
 public:
  // `store` outlives it.
  static Result<VectorStore> open(storage::Store& store);

  // Of all texts: those that are kept, and the others from the endpoint, which are kept as they come: what a failure leaves over is asked
  // for the next time. A model whose vectors have another size than those that are kept is another model: these are forgotten. Errors are
  // those of llm::embed() and of the store.
  Result<llm::Vectors> vectors(const llm::EmbedderOptions& options, std::span<const std::string> texts, Date today,
                               const CancelToken* cancel = nullptr);

 private:
  explicit VectorStore(storage::Store& store) : store_(store) {}
  storage::Store& store_;
};

// What sinan.yaml says, with the key; kPrecondition where that is not there. Relative files lie in `root`.
Result<llm::EmbedderOptions> embedder_of(const EmbeddingSettings& settings, const std::filesystem::path& root);

// Asks the endpoint of the workspace, through what the store keeps. All must outlive it. Empty without settings.
Embed embed_of(const Workspace& workspace, storage::Store& store, Instant now, const CancelToken* cancel);

}  // namespace sinan::demand
