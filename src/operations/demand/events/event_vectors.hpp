// Vectors (embeddings) for the texts of events: each different text is asked for once.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "intelligence/forecasting/drivers/events.hpp"
#include "platform/llm/embedder.hpp"

namespace sinan::demand {

// The vectors of texts, in their order, or why there are none.
using Embed = std::function<Result<llm::Vectors>(std::span<const std::string>)>;

struct TextEvent {
  std::string text;
  forecasting::EventTime when;
  std::uint32_t scope = 0;
};

// The same events in the same order, each but the blank ones with its vector. Errors are those of `embed` and of EventTexts.
Result<forecasting::EventTexts> with_vectors(std::span<const TextEvent> events, const Embed& embed);

}  // namespace sinan::demand
