#include "operations/demand/events/event_vectors.hpp"

#include <set>

namespace sinan::demand {

Result<forecasting::EventTexts> with_vectors(std::span<const TextEvent> events, const Embed& embed) {
  std::set<std::string> different;
  for (const TextEvent& event : events)
    if (event.text.find_first_not_of(" \t\r\n") != std::string::npos) different.insert(event.text);
  const std::vector<std::string> texts(different.begin(), different.end());
  llm::Vectors vectors;
  if (!texts.empty()) {
    SINAN_TRY(vectors, embed(texts));
  }
  forecasting::EventTexts out;
  for (const TextEvent& event : events) {
    const auto found = std::ranges::lower_bound(texts, event.text);
    const bool there = found != texts.end() && *found == event.text;
    SINAN_CHECK(out.add(event.text, event.when, event.scope,
                        there ? vectors.of(static_cast<std::size_t>(found - texts.begin())) : std::span<const float>()));
  }
  return out;
}

}  // namespace sinan::demand
